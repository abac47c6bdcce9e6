import type { DatabaseSync } from 'node:sqlite';
import type { PeerEvent } from '@cardume/peer';
import { createLogger } from '@cardume/service-kit';
import { openDigestCache } from '../../src/adapters/digest-cache.ts';
import { createHashPool } from '../../src/adapters/hash-pool.ts';
import { scanShares } from '../../src/adapters/scan-shares.ts';
import { ShareList } from '../../src/core/share-list.ts';
import { ShareFollower } from '../../src/follow-shares.ts';

/** What follows one shared folder without a server, on a database that the test can look into meanwhile. */
export function createTestFollower(
  realPath: string,
  database: DatabaseSync,
  onEvent: (event: PeerEvent) => void,
  list = new ShareList(),
) {
  const cache = openDigestCache(database);
  const follower = new ShareFollower({
    scan: (onFound, signal) =>
      scanShares({
        roots: [{ realPath, kind: 'folder', prefix: '' }],
        exclude: () => false,
        ownPaths: [],
        onFound,
        signal,
      }),
    rootPaths: [realPath],
    list,
    cache,
    pool: createHashPool(1),
    rescanIntervalMs: 100,
    nowMs: () => performance.now(),
    wallClockMs: Date.now,
    logger: createLogger({ service: 'test', level: 'silent' }),
    onEvent,
    onChanged: () => {},
  });
  return { follower, list, cache };
}
