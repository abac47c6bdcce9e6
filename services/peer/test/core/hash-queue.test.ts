import { describe, expect, test } from '@jest/globals';
import { HashQueue, longFileBytes } from '../../src/core/hash-queue.ts';
import type { ScannedFile } from '../../src/core/scanned-file.ts';

function file(name: string, sizeBytes: number): ScannedFile {
  return { name, sizeBytes, path: `/${name}`, modifyTimeMs: 0, changeTimeMs: 0, stamp: String(sizeBytes) };
}

function queueOf(threads: number, ...files: ScannedFile[]): HashQueue {
  const queue = new HashQueue(threads);
  for (const each of files) queue.put(each);
  return queue;
}

describe('the queue of files to hash', () => {
  test('gives the smallest first, by order of magnitude, also among those that come later', () => {
    const queue = queueOf(1, file('b', 200), file('a', 100), file('empty', 0), file('c', 3_000));
    expect(queue.take()?.name).toBe('empty');
    expect(queue.take()?.name).toBe('a');
    queue.put(file('d', 50));
    expect([queue.take()?.name, queue.take()?.name, queue.take()?.name]).toEqual(['d', 'b', 'c']);
    expect(queue.take()).toBeUndefined();
  });

  test('gives a file that was replaced once, as it is now', () => {
    const queue = queueOf(1, file('a', 10), file('a', 20));
    expect(queue.take()?.sizeBytes).toBe(20);
    expect(queue.take()).toBeUndefined();
  });

  test('does not give a file that was dropped', () => {
    const queue = queueOf(1, file('a', 10), file('b', 20));
    queue.drop('a');
    expect(queue.take()?.name).toBe('b');
    expect(queue.size).toBe(0);
  });

  test('keeps one of several threads free of long files', () => {
    const queue = queueOf(2, file('long', longFileBytes), file('longer', 3 * longFileBytes));
    const long = queue.take();
    expect(long?.name).toBe('long');
    expect(queue.take()).toBeUndefined();
    queue.put(file('small', 1));
    expect(queue.take()?.name).toBe('small');
    if (long !== undefined) queue.ended(long);
    expect(queue.take()?.name).toBe('longer');
  });

  test('gives long files to a single thread, which has nothing else', () => {
    const queue = queueOf(1, file('long', longFileBytes));
    expect(queue.take()?.name).toBe('long');
  });
});
