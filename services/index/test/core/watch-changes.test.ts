// The log and who reads it, on a real catalog in memory: how slow a watcher may be.
import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../../tests/support/failure-of.ts';
import { openSqliteCatalog } from '../../src/adapters/sqlite/open-sqlite-catalog.ts';
import { systemTimers } from '../../src/adapters/system-timers.ts';
import { createChangeFeed } from '../../src/core/changes/change-feed.ts';
import { watchChanges } from '../../src/core/changes/watch-changes.ts';
import { writeWatchToken } from '../../src/core/changes/watch-token.ts';
import { matchesGlob } from '../../src/core/search/matches-glob.ts';
import { digestOf, peerIdOf } from '../support/listed.ts';

const now = 10_000_000;
const hour = 3_600_000;

async function setUp() {
  const catalog = openSqliteCatalog({ file: ':memory:' });
  const feed = await createChangeFeed(catalog, systemTimers.after);
  const join = (label: string, joinMs = now) =>
    catalog.join(
      {
        peerId: peerIdOf(label),
        host: 'h',
        port: 1,
        shareName: label,
        secretHash: new Uint8Array(32),
        joinMs,
        expireMs: joinMs + 9 * hour,
      },
      [{ name: label, sizeBytes: 1, digest: digestOf(label), modifyMs: 1, partial: false }],
      undefined,
    );
  const watch = (resumeToken = '') =>
    watchChanges({ catalog, feed }, { resumeToken, query: '', includeFolders: true }, new AbortController().signal);
  return { catalog, feed, join, watch };
}

describe('a watcher', () => {
  test('that reads slower than the log is cut hears so, and nothing is kept for it', async () => {
    const { catalog, join, watch } = await setUp();
    const slow = watch();
    const { value } = await slow.next();
    await join('a');
    expect((await slow.next()).value?.change?.event.kind).toBe('joined');
    await join('b');
    while (await catalog.trimChanges(now + hour));
    // What it was given with the page before is its own; then there is a hole.
    expect((await slow.next()).value?.change?.event.kind).toBe('listed');
    expect(await failureOf(() => slow.next())).toMatchObject({ reason: 'CHANGES_GONE' });
    const token = value === undefined ? '' : writeWatchToken(value.end);
    const late = watch(token);
    await late.next();
    expect(await failureOf(() => late.next())).toMatchObject({ reason: 'CHANGES_GONE' });
  });

  test('that waits is woken by a change, and several of them read it once', async () => {
    const { catalog, feed, join } = await setUp();
    let reads = 0;
    const counting = {
      ...catalog,
      changesAfter: (position: number) => {
        reads += 1;
        return catalog.changesAfter(position);
      },
    };
    const shared = await createChangeFeed(counting, systemTimers.after);
    const { position } = await catalog.changeLogEnd();
    const signal = new AbortController().signal;
    const waiting = Promise.all(Array.from({ length: 10 }, () => shared.next(position, 60_000, signal)));
    await new Promise((resolve) => setImmediate(resolve));
    expect(reads).toBe(1);
    await join('a');
    for (const page of await waiting) expect(page.changes).toHaveLength(2);
    expect(reads).toBe(2);
    await feed.close();
  });
});

test.each([
  ['*', '', true],
  ['a*c', 'abc', true],
  ['a*c', 'ac', true],
  ['a*c', 'acb', false],
  ['a?c', 'a\u{1f41f}c', true],
  ['?', '', false],
  ['*a*b*', 'xxaxxbxx', true],
  [`${'*a'.repeat(200)}b`, 'a'.repeat(5_000), false],
])('a glob (%#) matches or not', (pattern, text, expected) => {
  expect(matchesGlob(pattern, text)).toBe(expected);
});
