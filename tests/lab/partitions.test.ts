// Networks that are cut off without a word, as by a router that hangs: packets vanish, and no connection ends.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { describeWith } from '../support/describe-with.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { labTool } from './support/lab-tools.ts';
import { markedFile } from './support/marked-file.ts';
import { type Lab, startLab } from './support/start-lab.ts';

jest.setTimeout(180_000);

const mib = 1024 * 1024;
/** So long that those who are away for longer than that are listed no more. */
const lease = '10s';
const cutMs = 15_000;

// Removed after all that runs in it has ended.
const folder = temporaryFolder();

describeWith(labTool, 'networks that are cut off', () => {
  let lab: Lab;
  const open = markedFile(32 * mib, 'open ');
  const hidden = markedFile(32 * mib, 'hidden ');
  const both = markedFile(48 * mib, 'both ');

  const listed = async (): Promise<string[]> => (await lab.peers()).map(({ shareName }) => shareName);

  beforeAll(async () => {
    lab = await startLab(folder, { lease });
    await lab.share('open', 'open.bin', open);
    await lab.share('left', 'hidden.bin', hidden);
  }, 120_000);
  afterAll(() => lab?.remove());

  test('downloads from there go on when the networks are back, directly and by the relay, and who is there is listed again', async () => {
    const slowly = ['--no-share', '--limit-down', '3MB/s'];
    const gets = [lab.get('right', 'open.bin', ...slowly), lab.get('right', 'hidden.bin', ...slowly)] as const;
    await Promise.all(gets.map((get) => get.more(4 * mib)));
    const startMs = performance.now();
    for (const machine of ['open', 'left'] as const) lab.network.cutOff(machine, true);
    await until('the leases to end', async () => (await listed()).length === 0);
    await until('the end of the cut', () => performance.now() - startMs > cutMs);
    for (const machine of ['open', 'left'] as const) lab.network.cutOff(machine, false);
    const healedMs = performance.now();
    const since = (): string => ((performance.now() - healedMs) / 1_000).toFixed(1);
    const told = async (what: string, done: Promise<unknown>): Promise<void> => {
      await done;
      process.stderr.write(`lab: ${since()} s after the cut: ${what}\n`);
    };
    await Promise.all([
      told(
        'listed again',
        until('both to be listed', async () => (await listed()).length === 2, 60_000),
      ),
      told('direct goes on', gets[0].more(4 * mib)),
      told('relayed goes on', gets[1].more(4 * mib)),
    ]);
    expect((await gets[0].file()).equals(open)).toBe(true);
    expect((await gets[1].file()).equals(hidden)).toBe(true);
  });

  test('a download goes on from the source that is left while another one is cut off', async () => {
    for (const machine of ['open', 'index'] as const) await lab.share(machine, 'both.bin', both);
    const get = lab.get('right', 'both.bin', '--no-share', '--limit-down', '6MB/s');
    await get.more(4 * mib);
    lab.network.cutOff('open', true);
    const startMs = performance.now();
    try {
      // What was under way comes in the first moments.
      await get.more(8 * mib);
      process.stderr.write(`lab: 8 MiB more ${((performance.now() - startMs) / 1_000).toFixed(1)} s after the cut\n`);
      expect((await get.file()).equals(both)).toBe(true);
    } finally {
      lab.network.cutOff('open', false);
    }
  });
});
