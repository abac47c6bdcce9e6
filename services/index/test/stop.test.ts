import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { openIndex, parseAddress } from '@cardume/client';
import { openChannel } from '@cardume/client/channel';
import { expect, test } from '@jest/globals';
import { HealthDefinition } from 'nice-grpc-server-health';
import { describeWith } from '../../../tests/support/describe-with.ts';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { findCommand } from '../../../tests/support/find-command.ts';
import { startProcess } from '../../../tests/support/start-process.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { startIndex } from '../src/index.ts';
import { joinInput, listed, peerIdOf } from './support/listed.ts';
import { startStubPeer } from './support/stub-peer.ts';
import { startTestIndex } from './support/test-index.ts';

const folder = temporaryFolder();
const script = join(import.meta.dirname, 'support/index-process.ts');

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

describeWith({ name: 'prlimit', command: findCommand(['prlimit'], '--version') }, 'a full disk', (prlimit) => {
  test('an index that can write nothing more says so and stops all the same, and has lost nothing that it confirmed', async () => {
    const options = {
      listen: '127.0.0.1:0',
      logFormat: 'json',
      database: `sqlite:${join(folder, 'full', 'index.db')}`,
    };
    const start = async () => {
      const child = startProcess(process.execPath, [script, JSON.stringify(options)]);
      const { address } = await child.waitForObject('listening');
      return { child, index: openIndex(parseAddress(String(address), 'address')) };
    };
    const full = await start();
    await full.index.join(joinInput([listed('a')]));
    execFileSync(prlimit, ['--pid', String(full.child.pid), '--fsize=0']);
    expect((await failureOf(() => full.index.join(joinInput([listed('b')])))).reason).toBe('STORAGE_FAILED');
    await full.child.waitForLine(/"what":"heartbeat".*housekeeping failed/);
    full.index.close();
    expect(await full.child.stop()).toEqual({ code: 1, signal: null });
    expect(full.child.stderr).toContain('could not use its database');

    const again = await start();
    expect((await again.index.search({ query: 'a', mode: 'exact' })).hits).toHaveLength(1);
    again.index.close();
    expect(await again.child.stop()).toEqual({ code: 0, signal: null });
  });
});

test('an index whose port is taken does not start, and says so', async () => {
  await using cardume = await startTestIndex();
  const { port } = cardume.server.address;
  const error = await failureOf(() => startIndex({ listen: `127.0.0.1:${port}`, logLevel: 'silent' }));
  expect(error.message).toContain('another process listens there');
});
