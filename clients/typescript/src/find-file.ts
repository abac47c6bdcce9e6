import { whileLimited } from './adapters/grpc/while-limited.ts';
import type { CallOptions, IndexClient } from './adapters/index/open-index.ts';
import type { PeerClient } from './adapters/peer/open-peer.ts';
import { isDigest, isDigestPrefix } from './core/digest/digest-text.ts';
import { maxBusyWaitMs } from './core/download/holder-patience.ts';
import { mergeHits } from './core/download/merge-hits.ts';
import { resolveFile, withoutSlash } from './core/download/resolve-file.ts';
import type { Hit, Holder } from './core/model/search.ts';
import type { SharedFile } from './core/model/shared-file.ts';
import { lastPart } from './core/names/last-part.ts';
import { matchModesOf } from './core/names/match-modes-of.ts';
import { printable } from './core/names/printable.ts';
import { CardumeError } from './errors/cardume-error.ts';

/** How many bytes a query may have: see the contract. */
export const maxQueryBytes = 512;

/** A peer that is busy and does not say for how long is asked again as soon as any. */
const usualWaitMs = 0;

/** How many hits of one name are looked at to decide which file is meant. */
const maxHitsToResolve = 100;

/**
 * Finds the one content that a name or a digest means, at an index.
 *
 * @returns a hit for each size that is said of it, the likeliest first: see {@link mergeHits}
 * @throws CardumeError FILE_NOT_SHARED, AMBIGUOUS
 */
export async function findAtIndex(
  index: IndexClient,
  nameOrDigest: string,
  options: CallOptions,
): Promise<[Hit, ...Hit[]]> {
  const text = withoutSlash(nameOrDigest);
  for (const mode of matchModesOf(text)) {
    const query = mode === 'exact' ? exactQuery(text.normalize('NFC')) : text.toLowerCase();
    const { hits } = await index.search({ query, mode, pageSize: maxHitsToResolve, folders: true }, options);
    if (hits.length > 0) return mergeHits(resolveFile(nameOrDigest, hits));
  }
  // Nothing was found: this throws the one error that says so.
  return resolveFile<Hit>(nameOrDigest, []);
}

/** What finds a name: itself, or its last part when it is longer than a query may be; the whole then decides. */
function exactQuery(name: string): string {
  return Buffer.byteLength(name) > maxQueryBytes ? lastPart(name) : name;
}

/** The holders of one content of one size under all its names, as the index knows them now. */
export async function holdersNow(
  index: IndexClient,
  { digest, sizeBytes, folder, holders }: Hit,
  options: CallOptions,
): Promise<readonly Holder[]> {
  try {
    const folders = folder !== undefined;
    const query = { query: digest, mode: 'digest', pageSize: maxHitsToResolve, folders } as const;
    const { hits } = await index.search(query, options);
    return hits.filter((hit) => hit.digest === digest && hit.sizeBytes === sizeBytes).flatMap((hit) => hit.holders);
  } catch (error) {
    // An index that is away is no reason to end: the holders of before go on.
    if (CardumeError.is(error) && (error.code === 'UNAVAILABLE' || error.code === 'DEADLINE_EXCEEDED')) return holders;
    throw error;
  }
}

/**
 * Finds the one file that a name or a digest means, at one peer.
 *
 * @throws CardumeError FILE_NOT_SHARED, AMBIGUOUS
 */
export async function findAtPeer(peer: PeerClient, nameOrDigest: string, options: CallOptions): Promise<[Hit]> {
  const { address, target } = peer;
  // Side by side: on a long path each round trip is felt.
  const [peerId, named] = await Promise.all([
    askPatiently(() => peer.id(options), options),
    describeNamed(peer, nameOrDigest, options),
  ]);
  const known = { partial: false, reachable: true, reportCount: 0, restricted: false };
  const holder: Holder = { peerId, ...address, renewalAgeMs: 0, ...known };
  const files = named === undefined ? await listMeant(peer, nameOrDigest, options) : [named];
  if (files.length === 0) {
    throw new CardumeError('FILE_NOT_SHARED', `peer ${target} does not share "${printable(nameOrDigest)}"`);
  }
  const [file] = resolveFile(nameOrDigest, files);
  return [{ ...file, holders: [holder], holderCount: 1 }];
}

/** The file whose whole name or digest it is: that needs no list. */
async function describeNamed(
  peer: PeerClient,
  nameOrDigest: string,
  options: CallOptions,
): Promise<SharedFile | undefined> {
  const digest = withoutSlash(nameOrDigest).toLowerCase();
  try {
    const which = isDigest(digest) ? { digest } : { name: nameOrDigest.normalize('NFC') };
    return await askPatiently(() => peer.describe(which, options), options);
  } catch (error) {
    if (CardumeError.is(error) && (error.code === 'NOT_FOUND' || error.code === 'INVALID_ARGUMENT')) return undefined;
    throw error;
  }
}

/** Asks a peer, which may have all its slots taken, or take no connection for the moment. */
function askPatiently<Result>(ask: () => Promise<Result>, { signal }: CallOptions): Promise<Result> {
  return whileLimited(ask, { endMs: performance.now() + maxBusyWaitMs, usualWaitMs, signal });
}

async function listMeant(peer: PeerClient, nameOrDigest: string, options: CallOptions): Promise<SharedFile[]> {
  const name = withoutSlash(nameOrDigest).normalize('NFC');
  const prefix = isDigestPrefix(name) ? name.toLowerCase() : undefined;
  const meant: SharedFile[] = [];
  for await (const file of peer.listFiles({ ...options, folders: true })) {
    const isMeant = lastPart(file.name) === name || (prefix !== undefined && file.digest.startsWith(prefix));
    if (isMeant) meant.push(file);
    if (meant.length === maxHitsToResolve) break;
  }
  return meant;
}
