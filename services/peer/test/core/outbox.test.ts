import { PublishRequest } from '@cardume/proto/index/v1';
import { expect, test } from '@jest/globals';
import { maxEntriesPerMessage } from '../../src/core/limits.ts';
import { Outbox } from '../../src/core/outbox.ts';
import type { ShareEntry } from '../../src/core/share-list.ts';

function entry(name: string): ShareEntry {
  return { name, digest: 'd'.repeat(64), path: `/${name}`, sizeBytes: 1, modifyTimeMs: 0, stamp: 's' };
}

test('what is said of a name is what the list says when it is sent, however often it changed', () => {
  const entries = new Map([['kept', entry('kept')]]);
  const outbox = new Outbox((name) => entries.get(name));
  for (const name of ['kept', 'gone', 'kept', 'gone']) outbox.add(name);
  expect(outbox.take()).toMatchObject({ added: [{ name: 'kept' }], removedNames: ['gone'] });
  expect(outbox.take()).toBeUndefined();
});

test('a message has at most so many entries, and the rest waits', () => {
  const outbox = new Outbox(entry);
  outbox.addAll(Array.from({ length: maxEntriesPerMessage + 1 }, (_, number) => `${number}`));
  expect(outbox.take()?.added).toHaveLength(maxEntriesPerMessage);
  expect(outbox.size).toBe(1);
  expect(outbox.take()?.added).toHaveLength(1);
});

test('a message of the longest names there are stays below what the index takes', () => {
  const outbox = new Outbox(entry);
  const longest = '\u20ac'.repeat(341);
  outbox.addAll(Array.from({ length: maxEntriesPerMessage }, (_, number) => `${number} ${longest}`.slice(0, 341)));
  const { added = [], removedNames = [] } = outbox.take() ?? {};
  expect(added).toHaveLength(maxEntriesPerMessage);
  // What servers of ours take.
  expect(PublishRequest.encode(PublishRequest.fromPartial({ added, removedNames })).finish().length).toBeLessThan(
    4 * 1024 * 1024,
  );
});

test('no more messages are taken at once than were asked for', () => {
  const outbox = new Outbox(entry);
  outbox.addAll(Array.from({ length: 3 * maxEntriesPerMessage }, (_, number) => `${number}`));
  expect([...outbox.takeSome(2)]).toHaveLength(2);
  expect(outbox.size).toBe(maxEntriesPerMessage);
});
