import { openChannel } from '@cardume/client';
import { expect, test } from '@jest/globals';
import { HealthDefinition } from 'nice-grpc-server-health';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { until } from '../../../tests/support/until.ts';
import { startIndex } from '../src/index.ts';
import { joinInput, listed, peerIdOf } from './support/listed.ts';
import { startStubPeer } from './support/stub-peer.ts';
import { startTestIndex } from './support/test-index.ts';

test('an index stops while streams are open: health says so, and each stream ends with UNAVAILABLE', async () => {
  await using cardume = await startTestIndex();
  const { index, server } = cardume;
  const lease = await index.join(joinInput([]));
  const { promise: stopped, resolve: release } = Promise.withResolvers<void>();
  const halfSent = failureOf(() =>
    index.publish(
      lease,
      (async function* () {
        yield { added: [listed('sent before the stop')] };
        await stopped;
      })(),
    ),
  );
  const channel = openChannel(server.address, 'index');
  const statuses: number[] = [];
  const watching = failureOf(async () => {
    for await (const { status } of channel.client(HealthDefinition).watch({ service: '' })) statuses.push(status);
  });
  await until('both streams to be open', async () => statuses.length === 1 && (await index.stats()).fileCount === 1);

  await server.stop(100);
  expect((await halfSent).reason).toBe('SHUTTING_DOWN');
  expect((await watching).reason).toBe('SHUTTING_DOWN');
  expect(statuses).toEqual([1, 2]);
  release();
  channel.close();
  const again = await startIndex({ listen: `127.0.0.1:${server.address.port}`, logLevel: 'silent' });
  await again.stop();
  await again.stop();
});

test('a stop does not wait for a dial back, and the Join that does is answered', async () => {
  await using cardume = await startTestIndex();
  const untilAborted = (signal: AbortSignal) =>
    new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  await using peer = await startStubPeer(peerIdOf('a'), { host: '127.0.0.1', port: 0 }, untilAborted);
  const joining = cardume.index.join(joinInput([], { peerId: peerIdOf('a'), ...peer.address }));
  await until('the peer to be asked', () => peer.askedCount === 1);
  await cardume.server.stop(5_000);
  expect((await joining).reachable).toBe(false);
});

test.each([
  ['--database', { database: 'mysql:x' }],
  ['--database', { database: 'sqlite:' }],
  ['--lease', { leaseTtlMs: 999 }],
  ['--lease', { leaseTtlMs: 3_600_001 }],
  ['--lease', { leaseTtlMs: Number.NaN }],
  ['--listen', { listen: 'nonsense' }],
  ['--listen', { listen: '0.0.0.0:0' }],
])('an index with a bad %s does not start: %j', async (field, options) => {
  const error = await failureOf(() => startIndex({ listen: '127.0.0.1:0', logLevel: 'silent', ...options }));
  expect([error.reason, error.metadata]).toEqual(['INVALID_FIELD', { field }]);
});

test('an index whose port is taken does not start, and says so', async () => {
  await using cardume = await startTestIndex();
  const { port } = cardume.server.address;
  const error = await failureOf(() => startIndex({ listen: `127.0.0.1:${port}`, logLevel: 'silent' }));
  expect(error.message).toContain('another process listens there');
});
