import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PausableTap } from '../src/adapters/grpc/pausable-tap.ts';

const windowBytes = 1_000;

function makeTap(onBytes: (bytes: Uint8Array, tap: PausableTap) => void) {
  const seen = { drained: 0, excess: 0, allowedBytes: 0 };
  const tap: PausableTap = new PausableTap({
    windowBytes,
    onBytes: (bytes) => onBytes(bytes, tap),
    onDrained: () => void seen.drained++,
    onExcess: () => void seen.excess++,
    allow: (bytes) => {
      seen.allowedBytes += bytes;
    },
  });
  const send = (bytes: Uint8Array): void => {
    tap.onFrame(bytes.length);
    tap.onData(bytes);
  };
  return { tap, seen, send };
}

test('bytes come in order whenever it is paused and resumed, also by who takes them', () => {
  const action = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 50 }).map((bytes) => ({ bytes })),
    fc.constantFrom('pause' as const, 'resume' as const, 'open' as const),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), fc.array(fc.boolean()), (actions, pauses) => {
      const got: number[] = [];
      let turn = 0;
      const { tap, seen, send } = makeTap((bytes, one) => {
        got.push(...bytes);
        if (pauses[turn++] === true) one.pause();
        if (turn % 3 === 0) one.resume();
      });
      const sent: number[] = [];
      for (const one of actions) {
        if (typeof one === 'string') tap[one]();
        else if (sent.length - seen.allowedBytes + one.bytes.length <= windowBytes) {
          sent.push(...one.bytes);
          send(one.bytes);
        }
        expect(got).toEqual(sent.slice(0, got.length));
      }
      tap.open();
      while (tap.holds) tap.resume();
      expect(got).toEqual(sent);
      expect(seen.excess).toBe(0);
    }),
  );
});

test('that all has come is told also when the last bytes had it paused', () => {
  const { tap, seen, send } = makeTap((_, one) => one.pause());
  tap.open();
  tap.pause();
  send(new Uint8Array(10));
  tap.resume();
  const { drained } = seen;
  expect(tap.holds).toBe(false);
  tap.resume();
  expect(seen.drained).toBeGreaterThan(drained);
});

test('a sender is let send no more while it is paused, and is found out when it does', () => {
  const { tap, seen, send } = makeTap(() => undefined);
  tap.open();
  tap.pause();
  for (let sent = 0; sent < windowBytes; sent += 100) send(new Uint8Array(100));
  expect(seen).toMatchObject({ allowedBytes: 0, excess: 0 });
  send(new Uint8Array(1));
  expect(seen.excess).toBe(1);
});

test('nothing is kept of what is taken as it comes', () => {
  const first = new Uint8Array([1, 2, 3]);
  const views: Uint8Array[] = [];
  const { tap, seen, send } = makeTap((bytes) => void views.push(bytes));
  tap.open();
  send(first);
  expect(views[0]).toBe(first);
  for (let sent = 0; sent < windowBytes * 3; sent += 100) send(new Uint8Array(100));
  expect(seen.allowedBytes).toBeGreaterThan(windowBytes * 2);
});
