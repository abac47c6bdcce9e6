import fc from 'fast-check';
import { type Outcome, outcomeProblem } from './documented-outcomes.ts';
import type { FuzzSettings } from './fuzz-settings.ts';
import type { RequestCase } from './request-cases.ts';

/** How much of a message is shown when it fails. */
const maxShownBytes = 2_000;

/** What is tried, and how it is watched. */
export interface FuzzRun extends FuzzSettings {
  arbitrary: fc.Arbitrary<RequestCase>;
  call: (tried: RequestCase) => Promise<Outcome>;
  /** How many calls are under way at once. */
  callsAtOnce: number;
  /** Fails when somebody honest is not served any more, or too much is held. */
  checkMeanwhile: () => Promise<void>;
  /** After how many cases that is looked at. */
  checkEvery: number;
}

/**
 * Tries all cases, and looks meanwhile whether honest callers are served.
 *
 * How many calls ended how is written to standard error.
 *
 * @returns the methods of which some calls were served: what is refused at its first field finds little
 * @throws Error at the first answer that docs/errors.md does not promise, with the call's bytes, and how to run it again
 */
export async function runCases(run: FuzzRun): Promise<Set<string>> {
  const { cases, seed, again, arbitrary, call, callsAtOnce, checkMeanwhile, checkEvery } = run;
  const counts = new Map<string, number>();
  const served = new Set<string>();
  let calls = 0;
  const startMs = performance.now();
  const tryOne = async (tried: RequestCase): Promise<void> => {
    const outcome = await call(tried);
    const problem = outcomeProblem(outcome);
    if (problem !== undefined) throw new Error(`${problem}: ${outcome.text}\n${shown(tried)}`);
    const key = outcome.reason === undefined ? outcome.status : `${outcome.status} ${outcome.reason}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    if (outcome.status === 'OK' || outcome.answers.length > 0) served.add(tried.method);
  };
  const batches = fc.array(arbitrary, { minLength: callsAtOnce, maxLength: callsAtOnce });
  const property = fc.asyncProperty(batches, async (batch) => {
    await Promise.all(batch.map(tryOne));
    const before = calls;
    calls += batch.length;
    if (Math.floor(before / checkEvery) !== Math.floor(calls / checkEvery)) await checkMeanwhile();
  });
  // What a server has seen before is part of a failure, so that smaller cases would be other ones.
  const numRuns = Math.ceil(cases / callsAtOnce);
  const { failed, errorInstance } = await withShortStacks(() =>
    fc.check(property, { seed, numRuns, endOnFailure: true }),
  );
  if (failed) throw new Error(`after some ${calls} cases; the same again: ${again}`, { cause: errorInstance });
  await checkMeanwhile();
  const seconds = (performance.now() - startMs) / 1_000;
  process.stderr.write(`fuzz: ${calls} cases in ${seconds.toFixed(1)} s (${Math.round(calls / seconds)} a second)\n`);
  for (const [outcome, count] of [...counts].sort(([, a], [, b]) => b - a)) {
    process.stderr.write(`fuzz: ${String(count).padStart(9)} ${outcome}\n`);
  }
  return served;
}

/** Most calls end with an error, whose stack would take half of the time. */
async function withShortStacks<Result>(action: () => Promise<Result>): Promise<Result> {
  const usual = Error.stackTraceLimit;
  Error.stackTraceLimit = 1;
  try {
    return await action();
  } finally {
    Error.stackTraceLimit = usual;
  }
}

function shown({ method, strategy, messages }: RequestCase): string {
  const lines = messages.map((message) => {
    const hex = Buffer.from(message.subarray(0, maxShownBytes)).toString('hex');
    return `  ${message.length} bytes: ${hex}`;
  });
  return [`${method}, by ${strategy}:`, ...lines].join('\n');
}
