import { createLogger } from '@cardume/service-kit';
import { expect, test } from '@jest/globals';
import { runAll } from '../src/run-all.ts';

test('every step runs in its turn, also after one that failed, and the first failure is thrown', async () => {
  const ran: string[] = [];
  const step = (name: string, error?: Error) => async () => {
    ran.push(name);
    if (error !== undefined) throw error;
  };
  const logger = createLogger({ service: 'test', level: 'silent' });
  const steps = [step('a'), step('b', new Error('first')), step('c', new Error('second')), step('d')];
  await expect(runAll(steps, logger)).rejects.toThrow('first');
  expect(ran).toEqual(['a', 'b', 'c', 'd']);
  await runAll([step('e')], logger);
  expect(ran.at(-1)).toBe('e');
});
