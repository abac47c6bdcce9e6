import { expect } from '@jest/globals';
import { memoryOf } from '../../../../../tests/support/process-usage.ts';
import type { StartedProcess } from '../../../../../tests/support/start-process.ts';
import { honestMeanwhile } from './honest-caller.ts';

const mib = 1024 * 1024;

/** Who attacks whom. */
export interface AttackInit<Result> {
  what: string;
  victims: Readonly<Record<string, StartedProcess>>;
  /** What somebody honest does meanwhile, again and again. */
  callHonestly: () => Promise<unknown>;
  attack: () => Promise<Result>;
}

/**
 * Lets an attack run beside honest calls, and prints how they did, and by how much the victims' memory grew. That honest calls end
 * well, and that the victims live and stay small, is asserted.
 */
export async function underAttack<Result>(init: AttackInit<Result>): Promise<Result> {
  const { what, callHonestly, attack } = init;
  const victims = Object.entries(init.victims).map(([name, { pid }]) => ({
    name,
    pid,
    beforeBytes: memoryOf(pid).nowBytes,
  }));
  const { times, result } = await honestMeanwhile(callHonestly, attack);
  const grownMib = Object.fromEntries(
    victims.map(({ name, pid, beforeBytes }) => [name, Math.round((memoryOf(pid).peakBytes - beforeBytes) / mib)]),
  );
  console.info(JSON.stringify({ attack: what, honest: times, grownMib }));
  for (const { end } of Object.values(init.victims)) expect(end).toBeUndefined();
  expect(Math.max(...Object.values(grownMib))).toBeLessThan(700);
  return result;
}
