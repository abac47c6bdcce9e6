import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { DividedFiles } from '../src/core/folder/divided-files.ts';
import { OthersPace } from '../src/core/folder/others-pace.ts';
import { ProbeSize, RequestSize } from '../src/core/folder/request-size.ts';

const idOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const files = Array.from({ length: 1_000 }, (_, at) => ({ digest: idOf(`file ${at}`), sizeBytes: 1_000 + at }));
const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
const receivers = ['a', 'b', 'c', 'd'].map(idOf);
const everything = { maxFiles: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };

function dividedBy(ownPeerId: string, peerIds: readonly string[] = receivers) {
  const divided = new DividedFiles({ files, ownPeerId });
  divided.divide(peerIds);
  return divided;
}

/** Takes what is there to be taken, once and again. */
function takenBy(take: () => readonly { digest: string }[]): string[] {
  const taken: string[] = [];
  for (let some = take(); some.length > 0; some = take()) taken.push(...some.map(({ digest }) => digest));
  return taken;
}

/** One receiver, without a network. */
class Receiver {
  readonly divided: ReturnType<typeof dividedBy>;
  readonly has = new Set<string>();
  readonly #peerId: string;

  constructor(peerId: string, peerIds: readonly string[]) {
    this.#peerId = peerId;
    this.divided = dividedBy(peerId, peerIds);
  }

  got(some: readonly (typeof files)[number][]): void {
    for (const file of some) {
      this.divided.done(file);
      this.has.add(file.digest);
    }
  }

  askAll(others: readonly Receiver[], isProbe: boolean): void {
    for (const other of others) {
      if (other === this) continue;
      const asked = this.divided.takeOfReceiver(other.#peerId, { maxFiles: 64, maxBytes: 1_000_000 }, isProbe);
      this.got(asked.filter(({ digest }) => other.has.has(digest)));
      for (const file of asked) this.divided.release(file, 'receiver');
    }
  }
}

describe('small files that several receive at the same time', () => {
  test('are each in the part of one receiver, and the parts are about as large as each other', () => {
    const parts = receivers.map((peerId) => dividedBy(peerId).takeOfWhole(everything, false));
    expect(new Set(parts.flat()).size).toBe(files.length);
    expect(parts.flat()).toHaveLength(files.length);
    for (const part of parts) expect(Math.abs(part.length - 250)).toBeLessThan(60);
  });

  test('are asked of another receiver in the order in which that one asks for them', () => {
    const [own = '', other = ''] = receivers;
    const theirs = dividedBy(other);
    const mine = dividedBy(own);
    const room = { maxFiles: 20, maxBytes: 1_000_000 };
    for (let round = 0; round < 5; round++) {
      const asked = theirs.takeOfWhole(room, false);
      expect(asked.length).toBeGreaterThan(0);
      expect(mine.takeOfReceiver(other, room, false)).toEqual(asked);
    }
  });

  test('are asked for by requests of bounded size, of one file at the least', () => {
    const divided = dividedBy(receivers[0] ?? '');
    const few = divided.takeOfWhole({ maxFiles: 3, maxBytes: 1_000_000 }, false);
    expect(few).toHaveLength(3);
    const bytes = divided.takeOfWhole({ maxFiles: 100, maxBytes: 10_000 }, false);
    expect(bytes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBeLessThanOrEqual(10_000);
    expect(divided.takeOfWhole({ maxFiles: 1, maxBytes: 1 }, false)).toHaveLength(1);
  });

  test("leave others' parts to them, until that is too slow; then little of it is asked for at once", () => {
    const divided = dividedBy(receivers[0] ?? '');
    const own = divided.takeOfWhole(everything, false);
    for (const file of own) divided.done(file);
    expect(divided.takeOfWhole(everything, false)).toEqual([]);
    const left = files.length - own.length;
    expect(divided.takeOfWhole(everything, true)).toHaveLength(Math.ceil(left / 4));
    // What a receiver is asked for comes last, and what somebody is asked for who has all is not asked for again.
    const all = takenBy(() => divided.takeOfWhole(everything, true));
    expect(all).toHaveLength(left - Math.ceil(left / 4));
    expect(divided.leftBytes).toBe(0);
    expect(divided.isDone).toBe(false);
  });

  test('are asked for again when they did not come, and not when they did', () => {
    const divided = dividedBy(idOf('alone'), []);
    const [first, second, third] = divided.takeOfWhole({ maxFiles: 3, maxBytes: 1_000_000 }, false);
    if (first === undefined || second === undefined || third === undefined) throw new Error('too few');
    divided.release(first, 'receiver');
    divided.release(second, 'whole');
    divided.done(second);
    divided.done(second);
    divided.release(third, 'whole');
    expect(divided.leftBytes).toBe(totalBytes - first.sizeBytes - second.sizeBytes);
    expect(divided.takeOfWhole({ maxFiles: 1, maxBytes: 1_000_000 }, false)).toEqual([third]);
    divided.release(first, 'whole');
    expect(takenBy(() => divided.takeOfWhole(everything, false))).not.toContain(second.digest);
    for (const file of files) divided.done(file);
    expect([divided.isDone, divided.missing, divided.leftBytes]).toEqual([true, [], 0]);
  });

  test('are set aside when they are not to be had so, and may come all the same', () => {
    const divided = dividedBy(idOf('alone'), []);
    const [first, second, ...others] = divided.takeOfWhole(everything, false);
    if (first === undefined || second === undefined) throw new Error('too few');
    for (const file of others) divided.done(file);
    divided.setAside(first);
    divided.setAside(second);
    expect([divided.isDone, divided.missing.length]).toEqual([true, 2]);
    divided.done(second);
    expect(divided.missing).toEqual([first]);
  });

  test('are divided anew when somebody is gone', () => {
    const [own = '', gone = '', ...others] = receivers;
    const divided = dividedBy(own);
    const before = divided.takeOfWhole(everything, false);
    const theirs = dividedBy(gone).takeOfWhole(everything, false);
    divided.divide([own, ...others]);
    const more = divided.takeOfWhole(everything, false);
    // What was the part of the one that is gone is in those of all others.
    expect(more.every((file) => theirs.includes(file))).toBe(true);
    expect(more.length).toBeGreaterThan(theirs.length / 5);
    expect(more.length).toBeLessThan(theirs.length / 2);
    divided.divide(receivers);
    expect(takenBy(() => divided.takeOfWhole(everything, false))).toEqual([]);
    expect(before.length + more.length).toBeLessThan(files.length / 2);
  });

  test.each([
    ['four that begin together', 4, 0],
    ['eight', 8, 0],
    ['four, one of which never has anything', 4, 1],
  ])('leave the one that has them about once: %s', (_what, count, absent) => {
    const ids = Array.from({ length: count }, (_, at) => idOf(`receiver ${at}`));
    const there = ids.slice(absent).map((peerId) => new Receiver(peerId, ids));
    let sent = 0;
    for (let round = 0; there.some(({ divided }) => !divided.isDone); round++) {
      expect(round).toBeLessThan(1_000);
      // What was asked for in a round is there in the next.
      const came = there.map(({ divided }) => divided.takeOfWhole({ maxFiles: 4, maxBytes: 1_000_000 }, true));
      for (const one of there) one.askAll(there, round % 2 === 1);
      for (const [at, one] of there.entries()) one.got(came[at] ?? []);
      sent += came.flat().length;
    }
    for (const { has } of there) expect(has.size).toBe(files.length);
    expect(sent).toBeLessThan(files.length * 1.3);
  });
});

describe('how much a request asks for', () => {
  test('is what comes within three quarters of a second of who has all', () => {
    const size = new RequestSize();
    const { maxBytes } = size.room;
    size.note(1_000_000, 100);
    expect(size.room.maxBytes).toBe(4 * maxBytes);
    size.note(100_000, 1_000);
    expect(size.room.maxBytes).toBe(75_000);
    size.note(1_000, 60_000);
    expect(size.room.maxBytes).toBe(64 * 1024);
  });

  test('is little of a receiver that had nothing', () => {
    const size = new ProbeSize();
    for (let round = 0; round < 10; round++) size.note(1);
    expect(size.room.maxFiles).toBe(256);
    size.note(0);
    expect(size.room.maxFiles).toBe(8);
  });
});

test("others' parts are waited for as long as they come soon", () => {
  const pace = new OthersPace();
  expect(pace.isTooSlow(1_000, 0, false)).toBe(true);
  // Somebody who has just got something needs a moment to give it on.
  expect(pace.isTooSlow(1_000, 400, true)).toBe(false);
  expect(pace.isTooSlow(1_000, 600, true)).toBe(true);
  for (let nowMs = 700; nowMs <= 4_000; nowMs += 100) {
    pace.note(100_000, nowMs);
    pace.isTooSlow(0, nowMs, true);
  }
  // A megabyte a second: two of them are there within two seconds.
  expect(pace.isTooSlow(1_500_000, 4_000, true)).toBe(false);
  expect(pace.isTooSlow(3_000_000, 4_000, true)).toBe(false);
  expect(pace.isTooSlow(3_000_000, 4_600, true)).toBe(true);
  expect(pace.isTooSlow(1_000, 60_000, true)).toBe(true);
});
