import type { PeerEvent } from '@cardume/peer';
import { describe, expect, test } from '@jest/globals';
import { createShareReporter } from '../src/actions/share-reporter.ts';

type Hashing = Extract<PeerEvent, { type: 'hashing' }>;

const hashing: Hashing = {
  type: 'hashing',
  hashedFiles: 3,
  totalFiles: 12,
  hashedBytes: 3_000_000_000,
  totalBytes: 12_000_000_000,
  resumedBytes: 1_000_000_000,
  bytesPerSecond: 1_500_000_000,
  remainingMs: 6_000,
  name: 'large.bin',
};
const done: Hashing = { ...hashing, hashedFiles: 12, hashedBytes: 12_000_000_000, remainingMs: 0, name: undefined };
const where = { address: { host: '127.0.0.1', port: 4001 }, metricsAddress: undefined };
const peer = { ...where, peerId: 'ab', fileCount: 12, allowedUsers: undefined };

/** A reporter on a terminal of 140 columns, or on none, and what it writes there. */
function reporterOf({ json, interactive }: { json: boolean; interactive: boolean }) {
  const written: string[] = [];
  let nowMs = 0;
  const terminal = {
    interactive,
    columns: undefined,
    widthOf: (text: string) => text.length,
    print: (line: string) => written.push(line),
    writeBytes: async () => {},
    hasUntaken: false,
    note: (line: string) => written.push(line),
    drawStatus: (render: (columns: number, rows: number) => string | readonly string[]) =>
      written.push([render(140, 24)].flat().join('\n')),
    clearStatus: () => {},
    keepStatus: () => {},
    style: (_target: unknown, _style: unknown, text: string) => text,
  };
  const reporter = createShareReporter({ terminal, nowMs: () => nowMs }, json);
  return { reporter, written, pass: (ms: number) => (nowMs += ms) };
}

describe('hashing is told', () => {
  test('on a terminal with bytes, percentage, rate, the time that is left, and what an earlier run has hashed', () => {
    const { reporter, written } = reporterOf({ json: false, interactive: true });
    reporter.onEvent(hashing);
    expect(written[0]).toMatch(
      /^hashing {2}█+░+ {3}25% {2}3\.00 GB of 12\.0 GB {2}1\.50 GB\/s {2}6 s left {2}3 of 12 files {2}1\.00 GB from before {2}large\.bin$/,
    );
    reporter.onEvent(done);
    reporter.serving(peer);
    expect(written.at(-1)).toBe('Sharing 12 files, 11.0 GB hashed, on 127.0.0.1:4001; Ctrl-C stops it.');
  });

  test('on a terminal, when it is interrupted, with what is kept of it', () => {
    const { reporter, written } = reporterOf({ json: false, interactive: true });
    reporter.givenUp();
    expect(written).toEqual([]);
    reporter.onEvent(hashing);
    reporter.givenUp();
    expect(written[1]).toBe('What is hashed is kept, about 3.00 GB of 12.0 GB; the same command goes on from there.');
  });

  test('to programs in the same figures, not more often than they can be of use, and at its end', () => {
    const { reporter, written, pass } = reporterOf({ json: true, interactive: true });
    reporter.onEvent(hashing);
    for (let time = 0; time < 5; time++) {
      pass(100);
      reporter.onEvent({ ...hashing, hashedBytes: hashing.hashedBytes + time });
    }
    reporter.onEvent(done);
    expect(written.map((line) => JSON.parse(line))).toEqual([
      hashing,
      { ...hashing, hashedBytes: hashing.hashedBytes + 4 },
      JSON.parse(JSON.stringify(done)),
    ]);
  });

  test('by the log alone where nobody looks', () => {
    const { reporter, written } = reporterOf({ json: false, interactive: false });
    reporter.onEvent(hashing);
    reporter.serving(peer);
    reporter.givenUp();
    expect(written).toEqual([]);
  });
});
