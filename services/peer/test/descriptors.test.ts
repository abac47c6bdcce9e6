import { join } from 'node:path';
import { openPeer } from '@cardume/client';
import { expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { useDownloadConnections } from './support/download-calls.ts';
import { usePeerProcesses } from './support/peer-process.ts';
import { downloadBytes, patterned, writeFiles } from './support/start-test-peer.ts';

const folder = temporaryFolder();
const startPeer = usePeerProcesses();
const connectTo = useDownloadConnections();

test('a peer that has no descriptor left says so, and serves on when it has one', async () => {
  writeFiles(join(folder, 'share'), { small: 'small', large: patterned(1_000_000) });
  const options = { paths: [join(folder, 'share')], stateFolder: join(folder, 'state') };
  const large = join(folder, 'share/large');
  const peer = await startPeer(options, { shell: 'ulimit -n 80' });
  const client = openPeer({ host: '127.0.0.1', port: peer.port });
  // Both connections are made before there is no descriptor for one.
  expect((await downloadBytes(client, { name: 'small' })).toString()).toBe('small');
  const { download } = await connectTo(peer.port, 0);
  const held = Array.from({ length: 80 }, () => download({ name: 'large' }));
  const refused = (): number => held.filter(({ closed }) => closed).length;
  await until('descriptors to be spent', () => refused() > 0 && refused() + peer.descriptors(large) === held.length);

  const failure = await failureOf(() => downloadBytes(client, { name: 'small' }));
  expect(failure).toMatchObject({ reason: 'LIMIT_REACHED', code: 'RESOURCE_EXHAUSTED', retryDelayMs: 1_000 });
  expect(failure.metadata.limit).toBe('descriptors');

  for (const stream of held) stream.close();
  await until('descriptors to be free', () => peer.descriptors(large) === 0);
  expect((await downloadBytes(client, { name: 'small' })).toString()).toBe('small');
  client.close();
});
