import { randomInt } from 'node:crypto';

/** How much a fuzzer tries, and from where it begins. */
export interface FuzzSettings {
  /** How many cases. */
  cases: number;
  /** Where the random numbers begin: the same seed and number of cases are the same cases. */
  seed: number;
  /** How to run the same again, for whoever reads of a failure. */
  again: string;
}

/** How many cases a fuzzer tries that is not told: what suits every run of the tests. */
const usualCases = 20_000;

/**
 * What a fuzzer is to do: `CARDUME_FUZZ_CASES` says how many cases (20,000), `CARDUME_FUZZ_SEED` where to begin (anew each
 * time). It is written to standard error, so that it stands in the log of a run that crashes as well.
 *
 * @param file the test file, from the root of the repository
 * @param part the share of the cases that this one tries, and how many at the most
 */
export function fuzzSettings(file: string, part: { share: number; atMost?: number }): FuzzSettings {
  const asked = wholeNumber('CARDUME_FUZZ_CASES', usualCases);
  const seed = wholeNumber('CARDUME_FUZZ_SEED', randomInt(2 ** 31));
  const cases = Math.max(1, Math.min(Math.ceil(asked * part.share), part.atMost ?? Number.POSITIVE_INFINITY));
  const again = `CARDUME_FUZZ_SEED=${seed} CARDUME_FUZZ_CASES=${asked} npm test -- ${file}`;
  process.stderr.write(`fuzz: ${cases} cases; the same again: ${again}\n`);
  return { cases, seed, again };
}

function wholeNumber(name: string, usual: number): number {
  const text = process.env[name] ?? '';
  if (text === '') return usual;
  if (!/^\d{1,10}$/.test(text)) throw new Error(`${name} must be a whole number, and is "${text}"`);
  return Number(text);
}
