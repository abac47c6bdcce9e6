import type { PeerClient } from './adapters/peer/open-peer.ts';
import type { PeerPool } from './adapters/peer/peer-pool.ts';
import { formatAddress } from './core/address/address.ts';
import { DigestBuilder } from './core/digest/digest-builder.ts';
import { usualPieceLength } from './core/digest/piece-length.ts';
import type { HolderToTry } from './core/download/order-holders.ts';
import { maxFolderManifestBytes } from './core/folder/folder-manifest.ts';
import { type FolderContent, parseFolderManifest, refused } from './core/folder/parse-folder-manifest.ts';
import type { Hit } from './core/model/search.ts';
import { printable } from './core/names/printable.ts';
import { CardumeError } from './errors/cardume-error.ts';
import { type AskedHolder, HolderRounds } from './holder-rounds.ts';
import { isNoHolderLeft } from './no-holder-left.ts';

/** How a folder's manifest is fetched. */
export interface FetchFolderManifestInit {
  /** The same folder with each size that is said of its manifest. */
  variants: readonly [Hit, ...Hit[]];
  peers: PeerPool;
  /** The holders of one of them, best first; called before each round. */
  holders: (variant: Hit) => Promise<readonly HolderToTry[]>;
  /** For how long there may be nobody who gives it, in milliseconds. */
  holderWaitMs: number;
  onWaiting: () => void;
  /** Somebody served wrong bytes. */
  onLiar: (holder: HolderToTry) => void;
  signal: AbortSignal;
}

/**
 * Fetches a folder's manifest into memory from one of its holders, proves it by its digest, and reads it.
 *
 * @throws CardumeError NO_HOLDER_LEFT; FOLDER_REFUSED when it is the right one and is not to be written; CANCELLED
 */
export async function fetchFolderManifest(init: FetchFolderManifestInit): Promise<FolderContent> {
  const { variants, peers, holderWaitMs, onWaiting, onLiar, signal } = init;
  const rounds = new HolderRounds<FolderContent>({
    peers,
    holders: async () => (await Promise.all(variants.map((variant) => askedFor(variant, init)))).flat(),
    holderWaitMs,
    onWaiting,
    onFailure(holder, error) {
      // It is the folder that was asked for; no other holder can change what it says.
      if (error.reason === 'FOLDER_REFUSED') throw error;
      if (error.reason === 'BYTES_MISMATCH' && error.metadata.wrong !== undefined) onLiar(holder);
    },
    signal,
  });
  try {
    return await rounds.find();
  } catch (error) {
    if (!isNoHolderLeft(error)) throw error;
    const [{ name, digest }] = variants;
    const tried = [...rounds.failures].map(([key, { message }]) => `  ${key.split(' ')[0]}: ${printable(message)}`);
    const what = tried.length === 0 ? 'no live peer has the whole folder' : 'none of its holders gave its manifest:';
    const text = [`${printable(name)}/: ${what}`, ...tried].join('\n');
    throw new CardumeError('NO_HOLDER_LEFT', text, { metadata: { digest } });
  }
}

async function askedFor(
  variant: Hit,
  { holders, signal }: FetchFolderManifestInit,
): Promise<AskedHolder<FolderContent>[]> {
  const { digest, sizeBytes } = variant;
  return (await holders(variant)).map((holder) => ({
    holder,
    key: `${formatAddress(holder)} ${sizeBytes}`,
    ask: async (peer) => parseFolderManifest(await readVerified(peer, digest, sizeBytes, signal)),
  }));
}

async function readVerified(peer: PeerClient, digest: string, sizeBytes: number, signal: AbortSignal): Promise<Buffer> {
  if (sizeBytes > maxFolderManifestBytes) throw refused(`it is longer than ${maxFolderManifestBytes} bytes`);
  const { chunks } = await peer.download({ digest }, { signal });
  const builder = new DigestBuilder(usualPieceLength(sizeBytes));
  const parts: Uint8Array[] = [];
  let receivedBytes = 0;
  for await (const chunk of chunks) {
    receivedBytes += chunk.length;
    if (receivedBytes > sizeBytes) break;
    builder.update(chunk);
    parts.push(chunk);
  }
  const isOfThatSize = receivedBytes === sizeBytes;
  if (isOfThatSize && builder.finish().digest === digest) return Buffer.concat(parts);
  // Of another size than was said is no lie of the holder's: who said so is not known.
  throw new CardumeError('BYTES_MISMATCH', `peer ${peer.target} sent another manifest than that of the folder`, {
    metadata: isOfThatSize ? { wrong: 'bytes' } : {},
  });
}
