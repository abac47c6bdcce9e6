// A laptop that gets another address, goes to another network, and sleeps, while it shares and downloads; nothing on it is restarted.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { describeWith } from '../support/describe-with.ts';
import type { StartedProcess } from '../support/start-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { laptopSeenAt } from './support/lab-network.ts';
import { labTool } from './support/lab-tools.ts';
import { markedFile } from './support/marked-file.ts';
import { type Lab, type LabPeer, startLab } from './support/start-lab.ts';

jest.setTimeout(120_000);

const mib = 1024 * 1024;
/** For as long as a laptop that sleeps is still listed. */
const lease = '10s';
const sleepMs = 20_000;

// Removed after all that runs in it has ended.
const folder = temporaryFolder();

describeWith(labTool, 'a laptop', () => {
  let lab: Lab;
  let share: StartedProcess;
  const own = markedFile(16 * mib, 'own ');
  const others = markedFile(16 * mib, 'others ');
  const slowly = ['--no-share', '--limit-down', '2MB/s'];

  const laptop = async (): Promise<LabPeer | undefined> =>
    (await lab.peers()).find(({ shareName }) => shareName === 'own.bin');

  /** Moves the laptop while it is downloaded from and downloads itself, and waits until all that is done. */
  async function whileBusy(move: () => unknown, host: string): Promise<void> {
    const gets = { given: lab.get('open', 'own.bin', ...slowly), taken: lab.get('laptop', 'others.bin', ...slowly) };
    await Promise.all(Object.values(gets).map((get) => get.more(2 * mib)));
    await move();
    const startMs = performance.now();
    const told = async (what: string, done: Promise<unknown>): Promise<void> => {
      await done;
      const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
      process.stderr.write(`lab: ${seconds} s after the laptop is at ${host}: ${what}\n`);
    };
    await Promise.all([
      told(
        'listed there',
        until(`it to be at ${host}`, async () => (await laptop())?.host === host, 60_000),
      ),
      told('what is got from it goes on', gets.given.more(4 * mib)),
      told('what it gets goes on', gets.taken.more(4 * mib)),
    ]);
    expect((await gets.given.file()).equals(own)).toBe(true);
    expect((await gets.taken.file()).equals(others)).toBe(true);
    // Who comes now finds it there at once.
    expect((await lab.get('open', 'own.bin', '--no-share').file()).equals(own)).toBe(true);
  }

  beforeAll(async () => {
    lab = await startLab(folder, { lease, laptop: 'open' });
    share = await lab.share('laptop', 'own.bin', own);
    await lab.share('index', 'others.bin', others);
    expect(await laptop()).toMatchObject({ host: laptopSeenAt.open, reachable: true });
  }, 120_000);
  afterAll(() => lab?.remove());

  test('gets another address in its network', async () => {
    await whileBusy(() => lab.network.readdressLaptop('10.94.0.3'), '10.94.0.3');
    expect(await laptop()).toMatchObject({ reachable: true });
  });

  test('goes behind NAT', async () => {
    await whileBusy(() => lab.network.moveLaptop('left'), laptopSeenAt.left);
    expect(await laptop()).toMatchObject({ reachable: false });
  });

  test('goes behind another NAT, where it has the same address', async () => {
    await whileBusy(() => lab.network.moveLaptop('right'), laptopSeenAt.right);
    expect(await laptop()).toMatchObject({ reachable: false });
  });

  test('sleeps until it is forgotten, and wakes up in the open network', async () => {
    const asleep: StartedProcess[] = [share];
    const sleep = async (): Promise<void> => {
      for (const process of asleep) process.kill('SIGSTOP');
      const startMs = performance.now();
      await until('it to be listed no more', async () => (await laptop()) === undefined);
      await until('it to have slept', () => performance.now() - startMs > sleepMs);
      lab.network.moveLaptop('open');
      for (const process of asleep) process.kill('SIGCONT');
    };
    const taken = lab.get('laptop', 'others.bin', ...slowly, '--wait', '15s');
    asleep.push(taken.process);
    await taken.more(2 * mib);
    await sleep();
    await until('it to be listed again', async () => (await laptop())?.host === laptopSeenAt.open, 60_000);
    expect((await taken.file()).equals(others)).toBe(true);
    expect(await laptop()).toMatchObject({ reachable: true });
    expect((await lab.get('open', 'own.bin', '--no-share').file()).equals(own)).toBe(true);
  });

  test('has run one and the same process all the time', () => {
    expect(share.end).toBeUndefined();
  });
});
