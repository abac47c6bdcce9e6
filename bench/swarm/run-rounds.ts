import type { MeasureTransferInit } from '../data/measure-transfer.ts';
import type { RunComparisonInit } from '../data/run-comparison.ts';
import type { Workload } from '../data/workload.ts';
import { runSwarm, type SwarmCase, type SwarmOutcome } from './run-swarm.ts';
import type { SwarmSystem } from './systems/swarm-system.ts';

/** A case, and what its rows are called. */
export interface NamedCase extends SwarmCase {
  readonly label: string;
}

/** What came of a case, once for each round. */
export interface CaseResult {
  readonly swarmCase: NamedCase;
  readonly outcomes: SwarmOutcome[];
}

/** Where to run, who is told about each run, and who gets its outcome. */
export interface RunRoundsInit extends RunComparisonInit {
  rounds: number;
  onOutcome(swarmCase: NamedCase, outcome: SwarmOutcome): void;
}

/**
 * Runs all cases once in each round, so that a slow minute of the machine hits all of them; who begins changes with the
 * round.
 *
 * @param other a file of the same size with another content
 */
export async function runRounds(
  cases: readonly NamedCase[],
  workload: Workload,
  other: string | undefined,
  init: RunRoundsInit,
): Promise<CaseResult[]> {
  const results = cases.map((swarmCase): CaseResult => ({ swarmCase, outcomes: [] }));
  for (let round = 0; round < init.rounds; round++) {
    const first = round % results.length;
    for (const { swarmCase, outcomes } of [...results.slice(first), ...results.slice(0, first)]) {
      const outcome = await runOnce(swarmCase, workload, other, init);
      outcomes.push(outcome);
      init.onOutcome(swarmCase, outcome);
      const came = outcome.problem ?? `${outcome.seconds.toFixed(2)} s`;
      init.say(`${swarmCase.label}, ${swarmCase.system.name}, ${round + 1}/${init.rounds}: ${came}`);
    }
  }
  return results;
}

/** Runs a case; a source of others that does not start is an outcome as well. */
async function runOnce(
  swarmCase: NamedCase,
  workload: Workload,
  other: string | undefined,
  init: MeasureTransferInit,
): Promise<SwarmOutcome> {
  try {
    return await runSwarm(swarmCase, workload, other, init);
  } catch (error) {
    if (init.signal.aborted) throw error;
    const problem = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    const none = { sender: Number.NaN, receiver: Number.NaN, helper: Number.NaN };
    const unknown = { cpuPercent: Number.NaN, busyPercent: Number.NaN, stealPercent: Number.NaN, cpuSeconds: none };
    return { ...unknown, seconds: Number.NaN, finishedSeconds: [], struck: false, problem };
  }
}

/** The systems of which everything is installed and that were asked for, and why the others are absent. */
export function chooseSystems(
  [ours, ...others]: readonly [SwarmSystem, ...SwarmSystem[]],
  against: readonly string[],
): { systems: SwarmSystem[]; absent: string[] } {
  const wanted = others.filter(
    ({ name }) => against.length === 0 || against.some((beginning) => name.startsWith(beginning)),
  );
  const missing = ({ programs }: SwarmSystem): string[] =>
    programs.filter((program) => program.version() === undefined).map((program) => program.name);
  return {
    systems: [ours, ...wanted.filter((system) => missing(system).length === 0)],
    absent: wanted
      .filter((system) => missing(system).length > 0)
      .map((system) => `- absent: ${system.name}; not installed: ${missing(system).join(', ')}.`),
  };
}
