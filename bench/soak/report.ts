import type { Options } from './options.ts';
import type { Usage } from './soak-peer.ts';

/** What was found when all was over. */
export interface Outcome {
  counts: Record<string, number>;
  fetchedBytes: number;
  sentBytes: number;
  /** How many different names were shared at the end, and which of them did not verify. */
  names: number;
  wrongNames: readonly string[];
  leaseMs: number;
  /** How long after they were gone the last of those was listed who had said nothing. */
  outlivedMs: number;
  indexUsages: readonly Usage[];
  /** Of each process that runs at the end. */
  peerUsages: readonly (readonly Usage[])[];
  problems: readonly string[];
}

/** A process that has lived for less says little about leaks. */
const minLifeMs = 120_000;

/** Lines of Markdown. */
export function reportOf({ minutes, peers }: Options, outcome: Outcome): string[] {
  const { counts, fetchedBytes, sentBytes, names, wrongNames, leaseMs, outlivedMs, indexUsages, peerUsages, problems } =
    outcome;
  const old = peerUsages.filter((usages) => (usages.at(-1)?.atMs ?? 0) - (usages[0]?.atMs ?? 0) >= minLifeMs);
  return [
    `### Soak: ${peers} peers for ${minutes} minutes, in a network with certificates`,
    '',
    Object.entries(counts)
      .map(([what, count]) => `${count} ${what}`)
      .join(', '),
    '',
    '| what | found |',
    '|---|---|',
    `| fetched, and sent, and verified meanwhile | ${(fetchedBytes / 1e6).toFixed(0)} and ${(sentBytes / 1e6).toFixed(0)} MB |`,
    `| names shared at the end; of these not right | ${names}; ${wrongNames.length} |`,
    `| listed after they were gone, with a lease of ${leaseMs / 1_000} s | ${(outlivedMs / 1_000).toFixed(1)} s at the most |`,
    `| the index: memory, MiB: early, late, most | ${growth(indexUsages, ({ memoryBytes }) => memoryBytes / 2 ** 20)} |`,
    `| the index: descriptors: early, late, most | ${growth(indexUsages, ({ descriptors }) => descriptors)} |`,
    `| ${old.length} peers that ran for two minutes and more: memory, MiB, of the one that grew most | ${worst(old, ({ memoryBytes }) => memoryBytes / 2 ** 20)} |`,
    `| … descriptors, of the one that grew most | ${worst(old, ({ descriptors }) => descriptors)} |`,
    `| problems | ${problems.length} |`,
    '',
    ...problems.map((problem) => `- ${problem.replace(/\s+/g, ' ').slice(0, 500)}`),
    ...wrongNames.slice(0, 20).map((name) => `- not right: ${name}`),
  ];
}

interface Growth {
  early: number;
  late: number;
  most: number;
}

/** Medians of the second fifth of the time, when all is warm, and of the last. */
function growthOf(usages: readonly Usage[], figure: (usage: Usage) => number): Growth {
  const values = usages.map(figure);
  const fifth = Math.max(1, Math.floor(values.length / 5));
  return {
    early: median(values.slice(fifth, 2 * fifth)),
    late: median(values.slice(-fifth)),
    most: Math.max(...values),
  };
}

function growth(usages: readonly Usage[], figure: (usage: Usage) => number): string {
  return text(growthOf(usages, figure));
}

function worst(all: readonly (readonly Usage[])[], figure: (usage: Usage) => number): string {
  const [first] = all
    .map((usages) => growthOf(usages, figure))
    .sort((one, other) => other.late - other.early - (one.late - one.early));
  return first === undefined ? 'none' : text(first);
}

function text({ early, late, most }: Growth): string {
  return [early, late, most].map((value) => value.toFixed(0)).join(', ');
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
