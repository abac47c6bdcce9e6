// A site at the end of a long and bad line: packets are late, lost, and out of order, and files are what they are.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { describeWith } from '../support/describe-with.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { labTool } from './support/lab-tools.ts';
import { markedFile } from './support/marked-file.ts';
import { type Lab, startLab } from './support/start-lab.ts';

jest.setTimeout(120_000);

const mib = 1024 * 1024;
const line = { delayMs: 20, rateMbit: 100, lossPercent: 1, reorderPercent: 2, holdBackMs: 5, mtuBytes: 1_500 };

// Removed after all that runs in it has ended.
const folder = temporaryFolder();

describeWith(labTool, 'a site whose line is long, loses packets, and mixes them up', () => {
  let lab: Lab;
  const open = markedFile(16 * mib + 1, 'open ');
  const hidden = markedFile(16 * mib + 1, 'hidden ');

  async function got(name: string, path: string): Promise<Buffer> {
    const startMs = performance.now();
    const bytes = await lab.get('right', name).file();
    const megabytes = bytes.length / 1e3 / (performance.now() - startMs);
    process.stderr.write(`lab: ${path} ${megabytes.toFixed(2)} MB/s, the start of Node included\n`);
    return bytes;
  }

  beforeAll(async () => {
    const { delayMs, rateMbit, lossPercent, reorderPercent } = line;
    const said = `${2 * delayMs} ms both ways, ${rateMbit} Mbit/s, ${lossPercent} % lost, ${reorderPercent} % held back`;
    process.stderr.write(`lab: ${said}, by tests/support/slow-link.py\n`);
    lab = await startLab(folder, { lineOfRight: line });
    await lab.share('open', 'open.bin', open);
    await lab.share('left', 'hidden.bin', hidden);
  }, 120_000);
  afterAll(() => lab?.remove());

  test('a file that comes directly is what it was', async () => {
    expect((await got('open.bin', 'direct')).equals(open)).toBe(true);
  });

  test('so is one that comes through a relay', async () => {
    expect((await got('hidden.bin', 'relayed')).equals(hidden)).toBe(true);
  });

  test('and the line has lost packets, and brought others late', async () => {
    const packets = await lab.network.endLineOfRight();
    process.stderr.write(`lab: ${JSON.stringify(packets)}\n`);
    expect(packets?.lost).toBeGreaterThan(0);
    expect(packets?.heldBack).toBeGreaterThan(0);
  });
});
