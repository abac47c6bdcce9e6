import { createLogger } from '@cardume/service-kit';
import { expect, test } from '@jest/globals';
import { logProgressIntervalMs } from '../src/core/limits.ts';
import { HashReporter } from '../src/report-hashing.ts';

function file(name: string, sizeBytes: number) {
  return { name, path: `/${name}`, sizeBytes, modifyTimeMs: 0, changeTimeMs: 0, stamp: name, executable: false };
}

test('hashing that takes long is in the log with bytes, rate and the time that is left, and so is its end', () => {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  let nowMs = 0;
  let counterBytes = 0;
  const reporter = new HashReporter({
    counterBytes: () => counterBytes,
    currentName: () => 'a',
    nowMs: () => nowMs,
    logger: createLogger({ service: 'test', format: 'json', destination }),
    onEvent: () => {},
  });
  const passes = (ms: number, bytes: number): void => {
    nowMs += ms;
    counterBytes += bytes;
    reporter.report();
  };
  try {
    reporter.add(file('a', 40_000));
    reporter.add(file('b', 10_000));
    passes(0, 0);
    for (let second = 1; second < logProgressIntervalMs / 1_000; second++) passes(1_000, 1_000);
    expect(lines).toEqual([]);
    passes(1_000, 1_000);
    expect(lines).toMatchObject([
      {
        msg: 'hashing',
        hashedFiles: 0,
        totalFiles: 2,
        hashedBytes: 10_000,
        totalBytes: 50_000,
        bytesPerSecond: 1_000,
        remainingMs: 40_000,
        name: 'a',
      },
    ]);
    passes(1_000, 30_000);
    reporter.done('a');
    reporter.reportWhenDone();
    expect(lines).toHaveLength(1);
    passes(1_000, 10_000);
    reporter.done('b');
    reporter.reportWhenDone();
    expect(lines.at(-1)).toMatchObject({ msg: 'hashing is done', hashedFiles: 2, hashedBytes: 50_000 });
    expect(lines).toHaveLength(2);
  } finally {
    reporter.close();
  }
});
