import { join } from 'node:path';
import {
  type CardumeError,
  cardumeErrorFrom,
  type ErrorReason,
  type HolderToTry,
  type IndexClient,
  messageOf,
  type OfferNews,
  type PeerPool,
  printable,
} from '@cardume/client';
import { type FolderContent, holdersOf, receive } from '@cardume/client/receiving';
import type { Logger } from '@cardume/service-kit';
import type { InboxFolder } from './adapters/inbox/inbox-folder.ts';
import { passOnMs } from './core/limits.ts';
import { type Offer, totalBytesOf } from './core/offers/offer.ts';
import { isOfOffer, namedPeers, type OfferSource, offerHolders } from './core/offers/offer-source.ts';
import { PassOn, type PassOnInit } from './pass-on.ts';

/** How long the index may take to say who has something, in milliseconds; then those that are known do. */
const indexPatienceMs = 3_000;

/** What receives: the connections of a peer. */
export interface ReceptionComponents {
  folder: InboxFolder;
  index: IndexClient;
  peers: PeerPool;
  ownPeerId: string;
  /** For how long it waits for somebody who gives it, in milliseconds. */
  waitMs: number;
  logger: Logger;
}

/** What one of them works with besides. */
export interface ReceptionInit extends ReceptionComponents, PassOnInit {
  /** What is in a folder, proven. */
  content: FolderContent | undefined;
}

/** What became of what was accepted. */
export type ReceptionEnd = Extract<OfferNews, { kind: 'done' | 'failed' }>;

/** The download of one offer that was accepted; it goes on whoever listens. */
export class Reception {
  readonly offer: Offer;
  readonly place: string;
  readonly #components: ReceptionInit;
  readonly #passOn: PassOn;
  readonly #sources: OfferSource[];
  readonly #abort = new AbortController();
  readonly #ended = Promise.withResolvers<ReceptionEnd>();
  #verifiedBytes = 0;
  #isWaiting = false;

  constructor(offer: Offer, place: string, source: OfferSource, components: ReceptionInit) {
    this.offer = offer;
    this.place = place;
    this.#sources = [source];
    this.#passOn = new PassOn(components, (peerId) => isOfOffer(this.#sources, peerId));
    this.#components = components;
  }

  /** What became of it. Never rejects. */
  get ended(): Promise<ReceptionEnd> {
    return this.#ended.promise;
  }

  get progress(): Extract<OfferNews, { kind: 'progress' }> {
    const totalBytes = totalBytesOf(this.offer);
    // What is said of a size is not proven before the end.
    const verifiedBytes = Math.min(this.#verifiedBytes, totalBytes);
    return { kind: 'progress', verifiedBytes, totalBytes, waiting: this.#isWaiting };
  }

  /** Somebody offers the same: it can be had there, too. One that offers again is where it is now. */
  addSource(source: OfferSource): void {
    const { sender, peerId } = source;
    const at = this.#sources.findIndex((known) => known.peerId === peerId && known.sender.host === sender.host);
    if (at === -1) this.#sources.push(source);
    else this.#sources[at] = source;
  }

  /** Downloads it and gives it its name in the inbox. Never rejects. */
  async run(): Promise<void> {
    const { folder, logger } = this.#components;
    const { name, folder: content } = this.offer;
    const wasBegun = await folder.isBegun(this.place).catch(() => true);
    try {
      const { path } = await receive(this.#init());
      const placed = await folder.place(path, name, content !== undefined);
      await this.#passOn.moveTo(join(folder.path, placed));
      await folder.discard(this.place);
      this.#ended.resolve({ kind: 'done', name: placed, alreadyPresent: false });
      setTimeout(() => void this.#passOn.close(), passOnMs).unref();
    } catch (thrown) {
      const error = cardumeErrorFrom(thrown, 'the inbox');
      // Of what is not theirs nothing stays; what an earlier run has verified does, also when nobody is there any more.
      if (!wasBegun && this.#verifiedBytes === 0) await folder.discard(this.place).catch(() => undefined);
      logger.info({ name: printable(name), reason: error.reason }, 'what was offered could not be had');
      this.#ended.resolve(failedNews(error));
      await this.#passOn.close();
    }
  }

  /** Stops it; what is verified stays. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.ended;
    await this.#passOn.close();
  }

  #init(): Parameters<typeof receive>[0] {
    const { index, peers, waitMs, content } = this.#components;
    return {
      file: this.offer,
      content,
      folder: this.place,
      holders: () => this.#holders(),
      index,
      peers,
      holderWaitMs: waitMs,
      sharer: this.#passOn,
      onLiar: ({ peerId }, piece) => {
        if (peerId === '') return;
        index.report({ peerId, digest: this.offer.digest, piece }).catch(() => undefined);
      },
      onProgress: ({ phase, verifiedBytes }) => {
        this.#isWaiting = phase === 'waiting';
        if (phase !== 'checking') this.#verifiedBytes = Math.max(this.#verifiedBytes, verifiedBytes);
      },
      signal: this.#abort.signal,
    };
  }

  #holders(): Promise<HolderToTry[]> {
    return findOfferHolders(this.offer, this.#sources, this.#components, this.#abort.signal);
  }
}

/** Who is to be asked for an offer now: see {@link offerHolders}. */
export async function findOfferHolders(
  offer: Offer,
  sources: readonly OfferSource[],
  { index, ownPeerId, logger }: ReceptionComponents,
  signal: AbortSignal,
): Promise<HolderToTry[]> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(indexPatienceMs)]);
  const orNobody = (error: unknown): [] => {
    logger.debug({ problem: messageOf(error) }, 'the index does not say who has what is offered');
    return [];
  };
  const [known, holders] = await Promise.all([
    index.findPeers(namedPeers(sources).slice(0, 100), { signal: patience }).catch(orNobody),
    holdersOf(index, offer, patience).catch(orNobody),
  ]);
  return offerHolders(sources, known, holders, ownPeerId);
}

/** What is told of a disk is told without its paths. */
const ownTexts: Partial<Record<ErrorReason, string>> = {
  DISK_FULL: 'the disk of that peer is full',
  LOCAL_IO_FAILED: 'the disk of that peer refuses to store it',
  TARGET_BUSY: 'another process there receives the same',
  INTERNAL: 'that peer failed',
};
const maxTextLength = 1_000;

/** Tells the sender why something could not be had. */
export function failedNews({ reason, message }: CardumeError): Extract<OfferNews, { kind: 'failed' }> {
  return { kind: 'failed', reason, message: ownTexts[reason] ?? message.slice(0, maxTextLength) };
}
