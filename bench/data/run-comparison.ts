import type { Comparison } from './comparisons.ts';
import { type MeasureTransferInit, measureTransfer, type Transfer } from './measure-transfer.ts';
import type { System } from './systems/system.ts';
import type { Workload } from './workload.ts';

/** What was found of one comparison. */
export interface ComparisonResult {
  comparison: Comparison;
  /** In the order of the comparison: each round's transfer of each system that ran in all rounds. */
  measured: Map<System, Transfer[]>;
  /** Systems that did not run, and why. */
  absent: Map<System, string>;
}

/** Where and until when to measure, and who is told about each run. */
export interface RunComparisonInit extends MeasureTransferInit {
  say(line: string): void;
}

/**
 * Lets all systems of a comparison do the work once in each round, so that a slow minute of the machine hits all of
 * them; who begins changes with the round. What is not installed is left out; so is a system of others that fails.
 *
 * @throws when ours, the first one, fails
 */
export async function runComparison(
  comparison: Comparison,
  workload: Workload,
  rounds: number,
  init: RunComparisonInit,
): Promise<ComparisonResult> {
  const { name, systems } = comparison;
  const [ours] = systems;
  const absent = new Map<System, string>();
  for (const system of systems) {
    const missing = system.programs.filter((program) => program.version() === undefined);
    if (missing.length > 0) absent.set(system, `not installed: ${missing.map((program) => program.name).join(', ')}`);
  }
  const measured = new Map(
    systems.filter((system) => !absent.has(system)).map((system): [System, Transfer[]] => [system, []]),
  );
  for (let round = 0; round < rounds; round++) {
    for (const [system, transfers] of rotated([...measured], round)) {
      const what = `${name} ${round + 1}/${rounds}  ${system.name}`;
      try {
        const transfer = await measureTransfer(system, workload, init);
        transfers.push(transfer);
        init.say(`${what}: ${transfer.seconds.toFixed(3)} s`);
      } catch (error) {
        if (init.signal.aborted || system === ours) throw error;
        init.say(`${what} failed: ${messageOf(error)}`);
        measured.delete(system);
        absent.set(system, `failed: ${messageOf(error).split('\n')[0]}`);
      }
    }
  }
  return { comparison, measured, absent };
}

function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const first = by % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
