import { describe, expect, test } from '@jest/globals';
import { HashQueue } from '../../src/core/hash-queue.ts';
import { largeFileBytes, maxFilesPerHashTask } from '../../src/core/limits.ts';
import type { ScannedFile } from '../../src/core/scanned-file.ts';

function file(name: string, sizeBytes: number): ScannedFile {
  return {
    name,
    sizeBytes,
    path: `/${name}`,
    modifyTimeMs: 0,
    changeTimeMs: 0,
    stamp: String(sizeBytes),
    executable: false,
  };
}

function queueOf(...files: ScannedFile[]): HashQueue {
  const queue = new HashQueue();
  for (const each of files) queue.put(each);
  return queue;
}

function namesOf(files: readonly ScannedFile[]): string[] {
  return files.map(({ name }) => name);
}

const half = largeFileBytes / 2;

describe('the queue of files to hash', () => {
  test('gives the smallest first, by order of magnitude, also among those that come later', () => {
    const queue = queueOf(file('c', half), file('b', 200), file('a', 100), file('empty', 0));
    expect(namesOf(queue.takeSmall())).toEqual(['empty', 'a', 'b']);
    queue.put(file('d', 50));
    expect(namesOf(queue.takeSmall())).toEqual(['d']);
    expect(namesOf(queue.takeSmall())).toEqual(['c']);
    expect(queue.takeSmall()).toEqual([]);
  });

  test('gives a file that was replaced once, as it is now', () => {
    const queue = queueOf(file('a', 10), file('a', 20));
    expect(queue.takeSmall()).toEqual([file('a', 20)]);
    expect(queue.takeSmall()).toEqual([]);
  });

  test('does not give a file that was dropped', () => {
    const queue = queueOf(file('a', 10), file('b', 20), file('c', 2 * largeFileBytes));
    queue.drop('a');
    queue.drop('c');
    expect(namesOf(queue.takeSmall())).toEqual(['b']);
    expect(queue.takeLarge()).toBeUndefined();
    expect(queue.size).toBe(0);
  });

  test('gives a thread neither more files nor more bytes than it hashes in a moment', () => {
    const many = Array.from({ length: maxFilesPerHashTask + 1 }, (_, position) => file(`file ${position}`, 1));
    const queue = queueOf(...many);
    expect(queue.takeSmall()).toHaveLength(maxFilesPerHashTask);
    expect(queue.takeSmall()).toHaveLength(1);
    for (const name of ['a', 'b', 'c']) queue.put(file(name, half / 2));
    expect(queue.takeSmall()).toHaveLength(2);
    queue.put(file('d', largeFileBytes));
    expect(namesOf(queue.takeSmall())).toHaveLength(1);
    expect(namesOf(queue.takeSmall())).toEqual(['d']);
  });

  test('gives large files one by one, when there are no small ones, the smallest first', () => {
    const queue = queueOf(file('huge', 100 * largeFileBytes), file('large', largeFileBytes + 1), file('small', 1));
    expect(queue.takeLarge()).toBeUndefined();
    expect(namesOf(queue.takeSmall())).toEqual(['small']);
    expect(queue.takeSmall()).toEqual([]);
    expect(queue.takeLarge()?.name).toBe('large');
    expect(queue.takeLarge()?.name).toBe('huge');
    expect(queue.takeLarge()).toBeUndefined();
  });
});
