import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { resultObject } from '../../bench/simulate/report.ts';
import { scenarios, usualScenario } from '../../bench/simulate/scenario.ts';
import { Swarm } from '../../bench/simulate/swarm.ts';
import { runCommand } from '../support/run-command.ts';

const script = join(import.meta.dirname, '../../bench/simulate.ts');
const simulate = (change: Partial<typeof usualScenario>) =>
  resultObject(new Swarm({ ...usualScenario, peers: 16, pieceCount: 64, ...change }).run(() => 0)).simulated;

describe('the simulator', () => {
  test('brings a file to a small swarm in little more than the time of one copy', () => {
    const result = simulate({});
    expect(result.finished).toBe(16);
    expect(result.boundMs).toBeCloseTo((64 * 4 * 1024 * 1024) / 20e3, 0);
    expect(result.lastOverBound).toBeGreaterThan(1);
    expect(result.lastOverBound).toBeLessThan(1.35);
  });

  test('gives the same result for the same seed, and another one for another', () => {
    expect(simulate({ seed: 5 })).toEqual(simulate({ seed: 5 }));
    expect(simulate({ seed: 5 })).not.toEqual(simulate({ seed: 6 }));
  });

  test('brings it to all who stay, also when peers come, go and lie', () => {
    const result = simulate({ ...scenarios.at(-1), peers: 40, churnPerMinute: 2, liars: 0.1 });
    expect(result.expected).toBeLessThan(40);
    expect(result.expected).toBeGreaterThan(5);
    expect(result.finished).toBe(result.expected);
    expect(result.wastedPart).toBeGreaterThan(0);
  });

  test('as a command tells one line of JSON for each size, and what is wrong with its arguments', async () => {
    const args = ['--peers', '2,4', '--pieces', '16', '--only', 'equal', '--json'];
    const { code, stdout } = await runCommand(process.execPath, [script, ...args]);
    expect(code).toBe(0);
    const results = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(results.map(({ simulated }) => [simulated.peers, simulated.finished])).toEqual([
      [2, 2],
      [4, 4],
    ]);
    const wrong = await runCommand(process.execPath, [script, '--peers', 'many']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('--peers: a number from 1 to 100000');
  });
});
