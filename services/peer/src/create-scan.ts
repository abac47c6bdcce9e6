import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CardumeError, printable } from '@cardume/client';
import { copiesFiles } from '@cardume/client/copies';
import { stateFiles } from './adapters/open-state.ts';
import { isWithin, scanShares } from './adapters/scan-shares.ts';
import type { NameTest } from './core/name-rules.ts';
import { quarantineName } from './core/offers/check-offer.ts';
import type { ScanResult } from './core/scanned-file.ts';
import type { ShareRoot } from './core/share-root.ts';
import type { PeerSettings } from './peer-options.ts';

/**
 * Makes what scans the shared paths, all but what is the peer's own in them: state, keys, logs, and what is not received yet.
 *
 * @throws CardumeError INVALID_FIELD when one of them has keys or invites
 */
export async function createScan(roots: readonly ShareRoot[], exclude: NameTest, settings: PeerSettings) {
  const { stateFolder, copiesFolder, secretFolders, audit, inbox } = settings;
  const secretPaths = await Promise.all(secretFolders.map((path) => realpath(path).catch(() => resolve(path))));
  const secret = roots.find(({ realPath }) => isWithin(secretPaths, realPath));
  if (secret !== undefined) {
    throw CardumeError.invalidField('PATH', `${printable(secret.realPath)} has keys or invites, and is not shared`);
  }
  const ownPaths = [...secretPaths, ...(await stateFiles(stateFolder))];
  if (audit !== undefined) ownPaths.push(await realpath(audit).catch(() => resolve(audit)));
  // What is not whole and verified is nobody's yet.
  if (inbox !== undefined) ownPaths.push(join(await realpath(inbox.folder), quarantineName));
  // To read it here would take this process's locks from it, and it has paths that are nobody's business.
  if (copiesFolder !== undefined) ownPaths.push(...copiesFiles(await realpath(copiesFolder).catch(() => copiesFolder)));
  return (onFound: (path: string, identity: string) => void, signal: AbortSignal): Promise<ScanResult> =>
    scanShares({ roots, exclude, ownPaths, onFound, signal });
}
