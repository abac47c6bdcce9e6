import { setTimeout as sleep } from 'node:timers/promises';
import type { PeerClient } from './adapters/peer/open-peer.ts';
import type { PeerPool } from './adapters/peer/peer-pool.ts';
import { formatAddress } from './core/address/address.ts';
import { DigestBuilder } from './core/digest/digest-builder.ts';
import { usualPieceLength } from './core/digest/piece-length.ts';
import { isAskedAgainAfter, maxBusyWaitMs, roundDelayMs } from './core/download/holder-rounds.ts';
import { orderHolders } from './core/download/order-holders.ts';
import { maxFolderManifestBytes } from './core/folder/folder-manifest.ts';
import { type FolderContent, parseFolderManifest, refused } from './core/folder/parse-folder-manifest.ts';
import type { Hit } from './core/model/search.ts';
import { printable } from './core/names/printable.ts';
import { CardumeError } from './errors/cardume-error.ts';
import { cardumeErrorFrom } from './errors/from-unknown.ts';

/** How many rounds through the holders may bring nothing before it gives up. */
const maxIdleRounds = 3;

/**
 * Fetches a folder's manifest into memory from one of its holders, proves it by its digest, and reads it.
 *
 * @param variants the same folder with each size that is said of its manifest
 * @throws CardumeError NO_HOLDER_LEFT; FOLDER_REFUSED when it is the right one and is not to be written; CANCELLED
 */
export async function fetchFolderManifest(
  variants: readonly [Hit, ...Hit[]],
  peers: PeerPool,
  signal: AbortSignal,
): Promise<FolderContent> {
  const search = new ManifestSearch(variants, peers, signal);
  const startMs = performance.now();
  for (let idleRounds = 0; ; ) {
    const content = await search.askAll();
    if (content !== undefined) return content;
    const { askedWaitMs } = search;
    if (askedWaitMs === 0 || performance.now() - startMs > maxBusyWaitMs) idleRounds += 1;
    if (idleRounds >= maxIdleRounds || search.isOver) throw search.noHolderLeft();
    await sleep(roundDelayMs(idleRounds, askedWaitMs, Math.random()), undefined, { signal });
  }
}

/** Asks holder after holder, and keeps what each of them failed of. */
class ManifestSearch {
  /** How long the busy holders of the last round asked to wait; 0 when none was. */
  askedWaitMs = 0;
  readonly #variants: readonly [Hit, ...Hit[]];
  readonly #peers: PeerPool;
  readonly #signal: AbortSignal;
  readonly #failures = new Map<string, CardumeError>();

  constructor(variants: readonly [Hit, ...Hit[]], peers: PeerPool, signal: AbortSignal) {
    this.#variants = variants;
    this.#peers = peers;
    this.#signal = signal;
  }

  /** Whether nobody is left who is asked again. */
  get isOver(): boolean {
    return this.#asked().length === 0;
  }

  async askAll(): Promise<FolderContent | undefined> {
    this.askedWaitMs = 0;
    for (const { variant, holder, key } of this.#asked()) {
      try {
        return parseFolderManifest(
          await this.#peers.use(holder, (peer) => readVerified(peer, variant.digest, variant.sizeBytes, this.#signal)),
        );
      } catch (error) {
        this.#note(key, cardumeErrorFrom(error));
      }
    }
    return undefined;
  }

  noHolderLeft(): CardumeError {
    const [{ name, digest }] = this.#variants;
    const tried = [...this.#failures].map(([key, { message }]) => `  ${key.split(' ')[0]}: ${printable(message)}`);
    const what = tried.length === 0 ? 'no live peer has the whole folder' : 'none of its holders gave its manifest:';
    const text = [`${printable(name)}/: ${what}`, ...tried].join('\n');
    return new CardumeError('NO_HOLDER_LEFT', text, { metadata: { digest } });
  }

  /** Those that have not failed for good. */
  #asked() {
    const all = this.#variants.flatMap((variant) =>
      orderHolders(variant.holders).map((holder) => ({
        variant,
        holder,
        key: `${formatAddress(holder)} ${variant.sizeBytes}`,
      })),
    );
    return all.filter(({ key }) => isAskedAgainAfter(this.#failures.get(key)?.reason ?? 'UNREACHABLE'));
  }

  /** @throws the failure when no other holder can change it */
  #note(key: string, failure: CardumeError): void {
    this.#signal.throwIfAborted();
    if (failure.reason === 'FOLDER_REFUSED') throw failure;
    if (failure.reason === 'LIMIT_REACHED') this.askedWaitMs = Math.max(this.askedWaitMs, failure.retryDelayMs ?? 0);
    this.#failures.set(key, failure);
  }
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
  if (receivedBytes === sizeBytes && builder.finish().digest === digest) return Buffer.concat(parts);
  throw new CardumeError('BYTES_MISMATCH', `peer ${peer.target} sent another manifest than that of the folder`);
}
