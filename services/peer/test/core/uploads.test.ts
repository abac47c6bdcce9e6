import { expect, test } from '@jest/globals';
import { placeOf } from '../../src/core/control-source.ts';
import { maxListedUploads } from '../../src/core/limits.ts';
import { Uploads } from '../../src/core/uploads/uploads.ts';

const file = { name: 'a', digest: 'ab'.repeat(32), sizeBytes: 1_000 };
const caller = { address: '10.0.0.1:5', host: '10.0.0.1', peerId: undefined, user: undefined };

function start() {
  const clock = { nowMs: 10_000 };
  return { clock, uploads: new Uploads(() => clock.nowMs) };
}

test('all that one caller fetches of a file is one upload, by however many calls and connections', () => {
  const { clock, uploads } = start();
  const first = uploads.begin(file, caller);
  const second = uploads.begin(file, { ...caller, address: '10.0.0.1:6' });
  uploads.begin(file, { ...caller, host: '10.0.0.2' });
  uploads.begin({ ...file, digest: 'cd' }, caller);
  clock.nowMs += 1_000;
  first.sent(3_000, { limitMs: 900, networkMs: 100, diskMs: 0 });
  second.sent(1_000, { limitMs: 0, networkMs: 0, diskMs: 0 });
  const [one, ...others] = uploads.list();
  expect(others.map(({ number }) => number)).toEqual([2, 3]);
  expect(one).toMatchObject({
    number: 1,
    sentBytes: 4_000,
    openCalls: 2,
    bytesPerSecond: 4_000,
    idleMs: 0,
    limitShare: 0.9,
  });
  first.end();
  first.end();
  expect(uploads.list()[0]).toMatchObject({ openCalls: 1 });
});

test('an upload is forgotten ten seconds after its last call, and goes on when another one comes before', () => {
  const { clock, uploads } = start();
  uploads.begin(file, caller).end();
  clock.nowMs += 9_000;
  expect(uploads.list()).toMatchObject([{ number: 1, openCalls: 0, idleMs: 9_000 }]);
  uploads.begin(file, caller).end();
  clock.nowMs += 9_000;
  expect(uploads.list()).toMatchObject([{ number: 1 }]);
  clock.nowMs += 2_000;
  expect(uploads.list()).toEqual([]);
  uploads.begin(file, caller);
  expect(uploads.list()).toMatchObject([{ number: 2 }]);
});

test('there are never more than a bounded number of them, and those under way stay', () => {
  const { uploads } = start();
  uploads.begin(file, caller);
  for (let at = 0; at < maxListedUploads + 10; at++) uploads.begin({ ...file, digest: String(at) }, caller).end();
  const listed = uploads.list();
  expect(listed).toHaveLength(maxListedUploads);
  expect(listed[0]).toMatchObject({ number: 1, openCalls: 1 });
});

test('transfers have an order by their ids, whatever their numbers have for digits', () => {
  const ids = ['7-d2', '7-d10', '7-u1', '7-u9', '7-u10'];
  expect(ids.toSorted((a, b) => placeOf(a) - placeOf(b))).toEqual(ids);
  for (const id of ['', '7', '7-x1', '7-d', '7-d1x']) expect(placeOf(id)).toBe(-1);
});
