import { CardumeError, cardumeErrorFrom, type OfferNews, printable } from '@cardume/client';
import { type FolderContent, fetchFolderContent, isFolderAt } from '@cardume/client/receiving';
import { isFileAt } from './adapters/inbox/inbox-folder.ts';
import { offerIdleMs, offerNewsIntervalMs } from './core/limits.ts';
import { type Offer, offerKey, totalBytesOf } from './core/offers/offer.ts';
import type { OfferSource } from './core/offers/offer-source.ts';
import type { PeerEvent } from './core/peer-event.ts';
import type { Inbox } from './inbox.ts';
import type { PassOnInit } from './pass-on.ts';
import { failedNews, findOfferHolders, Reception, type ReceptionComponents, type ReceptionEnd } from './reception.ts';
import { whileWaiting } from './while-waiting.ts';

export interface OfferReceiverInit extends Omit<ReceptionComponents, 'folder'>, PassOnInit {
  inbox: Inbox;
  /** A clock in milliseconds that is never set back. */
  nowMs: () => number;
  onEvent: (event: PeerEvent) => void;
}

/** One of the places of those who receive at once. */
interface Slot {
  giveBack: () => void;
  /** Whether what was accepted gives it back. */
  isHandedOn: boolean;
}

/** Receives what is offered, where the inbox lets it. */
export class OfferReceiver {
  readonly #init: OfferReceiverInit;
  readonly #components: ReceptionComponents & PassOnInit;
  /** What is under way, by what it is and from whom. */
  readonly #receptions = new Map<string, Reception>();
  #isClosed = false;

  constructor(init: OfferReceiverInit) {
    this.#init = init;
    this.#components = { ...init, folder: init.inbox.folder };
  }

  /**
   * Receives what is offered, and tells how it goes. What is accepted goes on when nobody listens any more.
   *
   * @throws CardumeError OFFER_REFUSED, LIMIT_REACHED, TARGET_BUSY, SHUTTING_DOWN
   */
  async *receive(offer: Offer, source: OfferSource, signal: AbortSignal): AsyncGenerator<OfferNews, void, undefined> {
    const known = this.#receptions.get(offerKey(offer));
    if (known !== undefined) {
      // The rules are for the sender, too; what somebody was asked for once he is not asked for again.
      this.#init.inbox.consider(offer, source.sender);
      known.addSource(source);
      yield* this.#follow(known, signal);
      return;
    }
    const slot = { giveBack: this.#init.inbox.takeSlot(source.sender, offer), isHandedOn: false };
    try {
      const begun = yield* this.#begin(offer, source, slot, signal);
      if (begun !== undefined) yield* this.#follow(begun, signal);
    } finally {
      if (!slot.isHandedOn) slot.giveBack();
    }
  }

  /** Stops all; what is verified stays. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#receptions.values()].map((reception) => reception.stop()));
  }

  /** Does all that comes before the first byte is stored. Undefined: nothing is to be done, or can be. */
  async *#begin(
    offer: Offer,
    source: OfferSource,
    slot: Slot,
    signal: AbortSignal,
  ): AsyncGenerator<OfferNews, Reception | undefined, undefined> {
    const { inbox, onEvent } = this.#init;
    const { folder } = inbox;
    const { sender } = source;
    const nothingYet = (): OfferNews => ({
      kind: 'progress',
      verifiedBytes: 0,
      totalBytes: totalBytesOf(offer),
      waiting: true,
    });
    const answer = inbox.consider(offer, sender);
    let content: FolderContent | undefined;
    if (offer.folder !== undefined) {
      const fetching = this.#contentOf(offer, source, signal);
      try {
        content = yield* whileWaiting(fetching, nothingYet, offerIdleMs, signal);
      } catch (error) {
        signal.throwIfAborted();
        yield failedNews(cardumeErrorFrom(error));
        return undefined;
      }
      inbox.checkTypes(content.files.map(({ name }) => name));
    }
    const finding = folder.findPresent(offer.name, content !== undefined, (path) =>
      content === undefined ? isFileAt(path, offer) : isFolderAt(path, content, signal),
    );
    const present = yield* whileWaiting(finding, nothingYet, offerIdleMs, signal);
    if (present !== undefined) {
      yield { kind: 'done', name: present, alreadyPresent: true };
      return undefined;
    }
    const takeBack = yield* this.#admit(offer, source, answer, nothingYet, signal);
    if (this.#isClosed) {
      takeBack();
      throw stopping();
    }
    const reception = new Reception(offer, folder.placeOf(offerKey(offer)), source, { ...this.#components, content });
    slot.isHandedOn = true;
    this.#receptions.set(offerKey(offer), reception);
    const told = { name: printable(offer.name), totalBytes: totalBytesOf(offer), from: fromText(source) };
    onEvent({ type: 'receiving', ...told });
    const end = (): void => {
      takeBack();
      slot.giveBack();
    };
    void this.#run(reception, told, end);
    yield { kind: 'accepted' };
    return reception;
  }

  /** Asks whoever has to be asked, and promises room; gives what takes the promise back. */
  async *#admit(
    offer: Offer,
    { sender }: OfferSource,
    answer: 'accept' | 'ask',
    nothingYet: () => OfferNews,
    signal: AbortSignal,
  ): AsyncGenerator<OfferNews, () => void, undefined> {
    const { inbox } = this.#init;
    const asked = (): OfferNews => ({ kind: 'asked' });
    if (answer === 'ask') yield asked();
    const admitting = inbox.admit(offer, sender, { place: inbox.folder.placeOf(offerKey(offer)), answer, signal });
    let isTaken = false;
    try {
      const takeBack = yield* whileWaiting(admitting, answer === 'ask' ? asked : nothingYet, offerIdleMs, signal);
      isTaken = true;
      return takeBack;
    } finally {
      // The caller may go while it is being decided.
      if (!isTaken) void admitting.then((takeBack) => takeBack()).catch(() => undefined);
    }
  }

  async #run(reception: Reception, told: { name: string; totalBytes: number; from: string }, end: () => void) {
    await reception.run();
    const ended = await reception.ended;
    this.#receptions.delete(offerKey(reception.offer));
    end();
    const { onEvent, logger } = this.#init;
    if (ended.kind === 'done') {
      logger.info({ ...told, name: printable(ended.name) }, 'received');
      onEvent({ type: 'received', ...told, name: printable(ended.name) });
    } else {
      onEvent({ type: 'not-received', ...told, problem: printable(ended.message) });
    }
  }

  /** Reads what is in a folder, and whether that is what was offered. */
  async #contentOf(offer: Offer, source: OfferSource, signal: AbortSignal): Promise<FolderContent> {
    const { index, peers, waitMs } = this.#init;
    const content = await fetchFolderContent({
      file: offer,
      folder: '',
      holders: () => findOfferHolders(offer, [source], this.#components, signal),
      index,
      peers,
      holderWaitMs: Math.min(waitMs, 10_000),
      signal,
    });
    const { fileCount, totalSizeBytes } = content;
    if (fileCount === offer.folder?.fileCount && totalSizeBytes === offer.folder.totalSizeBytes) return content;
    throw new CardumeError(
      'FOLDER_REFUSED',
      `its manifest has ${fileCount} files of ${totalSizeBytes} bytes, and that is not what was offered`,
    );
  }

  async *#follow(reception: Reception, signal: AbortSignal): AsyncGenerator<OfferNews, void, undefined> {
    let told: OfferNews = reception.progress;
    const { nowMs } = this.#init;
    let toldMs = nowMs();
    yield told;
    const waiting = whileWaiting(reception.ended, () => reception.progress, offerNewsIntervalMs, signal);
    for (;;) {
      const next: IteratorResult<OfferNews, ReceptionEnd> = await waiting.next();
      if (next.done === true) {
        if (next.value.kind === 'failed' && this.#isClosed) throw stopping();
        yield next.value;
        return;
      }
      const isNews = JSON.stringify(next.value) !== JSON.stringify(told);
      if (!isNews && nowMs() - toldMs < offerIdleMs) continue;
      told = next.value;
      toldMs = nowMs();
      yield told;
    }
  }
}

/** Who sends, in words that are safe to print. */
function fromText({ sender: { user, host } }: OfferSource): string {
  return user === undefined ? host : `${printable(user)} (${host})`;
}

function stopping(): CardumeError {
  return new CardumeError('SHUTTING_DOWN', 'this peer is stopping; offer it again when it is back', {
    retryDelayMs: 1_000,
  });
}
