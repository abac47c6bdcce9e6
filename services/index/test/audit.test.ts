import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { auditEvent, readAudit } from '../../../tests/support/read-audit.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { collect } from './support/collect.ts';
import { digestOf, joinInput, listed, peerIdOf } from './support/listed.ts';
import { startTestIndex } from './support/test-index.ts';

const folder = temporaryFolder();

test('each thing that is done at an index is an event with what it was about, and renewals are none', async () => {
  const audit = join(folder, 'all.jsonl');
  const peerId = peerIdOf('a');
  await using running = await startTestIndex({ audit });
  const { index } = running;
  const lease = await index.join(joinInput([listed('x')], { peerId }));
  await index.publish(lease, [{ added: [listed('y'), listed('z')], removedNames: ['x'] }]);
  await index.renew(lease);
  await collect(index.lookup(['y', 'z', digestOf('y')]));
  await index.search({ query: 'y', mode: 'prefix', extension: 'iso' });
  await collect(index.listPeers());
  await index.report({ peerId, digest: digestOf('y') });
  const messages = index.watch();
  await messages.next();
  await messages.return?.();
  await auditEvent(audit, 'watched');
  const { code } = await failureOf(() => index.renew({ peerId, leaseSecret: 'x'.repeat(43) }));
  expect(code).toBe('PERMISSION_DENIED');
  await index.leave(lease);
  await auditEvent(audit, 'left');
  const digest = digestOf('y');
  expect(readAudit(audit)).toMatchObject([
    { event: 'joined', detail: { peerId, host: '127.0.0.1', port: 1, reachable: false, entryCount: 1 } },
    { event: 'list_changed', detail: { takenFileCount: 2, removedFileCount: 1, entryCount: 2 } },
    { event: 'searched', detail: { queries: ['y', 'z', digest], queryCount: 3 } },
    { event: 'searched', detail: { query: 'y', mode: 'prefix', extension: 'iso', hitCount: 0 } },
    { event: 'peers_listed' },
    { event: 'holder_reported', detail: { peerId, digest } },
    { event: 'watched', status: 'CANCELLED' },
    { event: 'refused', reason: 'LEASE_SECRET_WRONG', status: 'PERMISSION_DENIED' },
    { event: 'left', detail: { peerId } },
  ]);
});
