// Watch, at real indexes: what changes reaches who watches, who goes on later misses nothing, and nobody is waited for.
import { join as joinPath } from 'node:path';
import type { IndexChange, WatchMessage } from '@cardume/client';
import { openIndex, parseAddress } from '@cardume/client';
import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { startProcess } from '../../../tests/support/start-process.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { digestOf, joinInput, listed, peerIdOf } from './support/listed.ts';
import { startTestIndex } from './support/test-index.ts';

const folder = temporaryFolder();

/** Reads a watch until a number of changes have come; bookmarks are passed over, but for their tokens. */
async function take(
  messages: AsyncGenerator<WatchMessage>,
  count: number,
): Promise<{ changes: IndexChange[]; token: string }> {
  const changes: IndexChange[] = [];
  let token = '';
  while (changes.length < count) {
    const { value, done } = await messages.next();
    if (done === true) throw new Error(`the stream ended after ${changes.length} of ${count} changes`);
    token = value.resumeToken;
    if (value.change !== undefined) changes.push(value.change);
  }
  return { changes, token };
}

describe('who watches', () => {
  test('is told of joins, of what is listed and listed no more, and of leaves', async () => {
    await using running = await startTestIndex({ leaseTtlMs: 1_000 });
    const { index } = running;
    const messages = index.watch();
    expect((await messages.next()).value).toMatchObject({ change: undefined, changeTime: undefined });
    const peerId = peerIdOf('a');
    const lease = await index.join(joinInput([listed('x.iso')], { peerId }));
    await index.publish(lease, [{ added: [listed('y.iso', { partial: true })], removedNames: ['x.iso'] }]);
    await index.leave(lease);
    await index.join(joinInput([], { peerId: peerIdOf('b') }));
    const { changes } = await take(messages, 7);
    const entry = { sizeBytes: 100, partial: false, folder: undefined };
    expect(changes).toMatchObject([
      { kind: 'peer-joined', peerId, host: '127.0.0.1', port: 1, shareName: 'share', listKept: false },
      { kind: 'list-changed', peerId, added: [{ ...entry, name: 'x.iso', digest: digestOf('x.iso') }], removed: [] },
      { kind: 'list-changed', peerId, added: [], removed: [{ ...entry, name: 'x.iso', digest: digestOf('x.iso') }] },
      { kind: 'list-changed', peerId, added: [{ ...entry, name: 'y.iso', partial: true }], removed: [] },
      { kind: 'peer-left', peerId, expired: false },
      { kind: 'peer-joined', peerId: peerIdOf('b') },
      { kind: 'peer-left', peerId: peerIdOf('b'), expired: true },
    ]);
  });

  test('is told of the files that a query finds, and of folders when it asks', async () => {
    await using running = await startTestIndex();
    const { index } = running;
    const files = index.watch({ query: 'debian ext:iso size:>50 -netinst' });
    const all = index.watch({ query: 'debian', folders: true });
    await Promise.all([files.next(), all.next()]);
    const folder = { fileCount: 1, totalSizeBytes: 100 };
    await index.join(
      joinInput([
        listed('images/Debian-12.iso'),
        listed('debian-netinst.iso'),
        listed('small debian.iso', { sizeBytes: 10 }),
        listed('debian.txt'),
        listed('debian', { folder }),
      ]),
    );
    const names = (changes: IndexChange[]): unknown =>
      changes.flatMap((change) =>
        change.kind === 'list-changed' ? change.added.map(({ name }) => name) : change.kind,
      );
    expect(names((await take(files, 2)).changes)).toEqual(['peer-joined', 'images/Debian-12.iso']);
    expect(names((await take(all, 2)).changes)).toHaveLength(6);
  });

  test('goes on after a token and misses nothing, also when the index was killed meanwhile', async () => {
    const options = { listen: '127.0.0.1:0', database: `sqlite:${joinPath(folder, 'killed.db')}` };
    const script = joinPath(import.meta.dirname, 'support/index-process.ts');
    const start = async () => {
      const started = startProcess(process.execPath, [script, JSON.stringify(options)], {});
      const { address } = await started.waitForObject('listening');
      return { started, index: openIndex(parseAddress(String(address), 'address')) };
    };
    const first = await start();
    const messages = first.index.watch();
    await messages.next();
    await first.index.join(joinInput([listed('1')], { peerId: peerIdOf('a') }));
    const { token } = await take(messages, 1);
    process.kill(first.started.pid, 'SIGKILL');
    const failure = await failureOf(() => take(messages, 100));
    expect(failure.reason).toBe('UNREACHABLE');
    first.index.close();

    const second = await start();
    try {
      await second.index.join(joinInput([listed('2')], { peerId: peerIdOf('b') }));
      const { changes } = await take(second.index.watch({ resumeToken: token }), 3);
      expect(changes).toMatchObject([
        { kind: 'list-changed', added: [{ name: '1' }] },
        { kind: 'peer-joined', peerId: peerIdOf('b') },
        { kind: 'list-changed', added: [{ name: '2' }] },
      ]);
    } finally {
      second.index.close();
      await second.started.stop();
    }
  });

  test('hears that it is too late, or that its token is none', async () => {
    await using other = await startTestIndex();
    await using running = await startTestIndex();
    const { value } = await other.index.watch().next();
    const token = value?.resumeToken ?? '';
    expect(await failureOf(() => running.index.watch({ resumeToken: token }).next())).toMatchObject({
      reason: 'CHANGES_GONE',
      code: 'OUT_OF_RANGE',
    });
    for (const resumeToken of ['x', `${token}A`, token.slice(0, -2), 'A'.repeat(5_000)]) {
      const failure = await failureOf(() => running.index.watch({ resumeToken }).next());
      expect(failure).toMatchObject({ reason: 'PAGE_TOKEN_INVALID', fieldViolations: [{ field: 'resume_token' }] });
    }
    expect(await failureOf(() => running.index.watch({ query: 'ext:' }).next())).toMatchObject({
      reason: 'INVALID_FIELD',
    });
  });

  test('has so many streams and no more, and gives them back', async () => {
    await using running = await startTestIndex();
    const { index } = running;
    const caller = new AbortController();
    const streams = Array.from({ length: 16 }, () => index.watch({}, { signal: caller.signal }));
    await Promise.all(streams.map((stream) => stream.next()));
    expect(await failureOf(() => index.watch().next())).toMatchObject({
      reason: 'LIMIT_REACHED',
      metadata: { limit: 'maxWatchersPerCaller' },
    });
    caller.abort();
    await Promise.all(streams.map((stream) => failureOf(() => stream.next())));
    await until('a stream is free', async () => {
      const stream = index.watch();
      try {
        return (await stream.next()).value;
      } catch {
        return undefined;
      } finally {
        await stream.return();
      }
    });
  });

  test('does not keep the index from stopping', async () => {
    const running = await startTestIndex();
    const messages = running.index.watch();
    await messages.next();
    const ended = failureOf(() => take(messages, 1));
    const startMs = performance.now();
    await running.server.stop();
    expect(performance.now() - startMs).toBeLessThan(10_000);
    expect((await ended).code).toBe('UNAVAILABLE');
    await running[Symbol.asyncDispose]();
  });
});
