import { CardumeError } from '@cardume/client';
import { createCallerSlots, createSlots } from '@cardume/service-kit';
import type { InboxFolder } from './adapters/inbox/inbox-folder.ts';
import {
  maxFolderReceptions,
  maxQuestions,
  maxReceptions,
  maxReceptionsPerSender,
  questionTimeoutMs,
} from './core/limits.ts';
import { Approvals } from './core/offers/approvals.ts';
import { decideOffer, decideTypes, type InboxRoom, type RefusingRule } from './core/offers/decide-offer.ts';
import { type Offer, offerKey, type Sender, senderKey, totalBytesOf } from './core/offers/offer.ts';
import type { CheckedRules } from './core/offers/offer-rules.ts';

/** What the owner of a peer is asked. Texts are as they came: whoever shows them makes them safe to print. */
export interface Question {
  /** What it would be called. */
  name: string;
  /** Of a folder, of its files together. */
  totalBytes: number;
  /** How many files are in a folder; undefined: it is a file. */
  fileCount: number | undefined;
  /** Who sends, as the certificate says; undefined without certificates. */
  user: string | undefined;
  /** The host that it comes from. */
  host: string;
}

/** Asks the owner of a peer whether to accept something. The signal fires when the answer is of no use any more. */
export type AskOwner = (question: Question, signal: AbortSignal) => Promise<boolean>;

export interface InboxInit {
  folder: InboxFolder;
  rules: CheckedRules;
  /** Undefined: nobody can be asked, which is a no. */
  ask: AskOwner | undefined;
  /** A clock in milliseconds that is never set back. */
  nowMs: () => number;
}

const anyRoom: InboxRoom = { usedBytes: 0, promisedBytes: 0, freeBytes: Number.POSITIVE_INFINITY };

/** Decides what comes into an inbox, and keeps the room that it has promised. */
export class Inbox {
  readonly folder: InboxFolder;
  readonly #init: InboxInit;
  readonly #approvals = new Approvals();
  readonly #questions = createSlots(maxQuestions, 'maxQuestions');
  readonly #receptions = createSlots(maxReceptions, 'maxReceptions');
  readonly #folderReceptions = createSlots(maxFolderReceptions, 'maxFolderReceptions');
  readonly #receptionsOfSenders = createCallerSlots(maxReceptionsPerSender, 'maxReceptionsPerSender');
  /** How many bytes are promised, by the place in quarantine that they go to. */
  readonly #promised = new Map<string, number>();
  /** One at a time: each sees what those before have promised. */
  #promising: Promise<unknown> = Promise.resolve();

  constructor(init: InboxInit) {
    this.#init = init;
    this.folder = init.folder;
  }

  /**
   * Takes one of the places of those who receive at once.
   *
   * @returns gives it back; safe to call twice
   * @throws CardumeError LIMIT_REACHED
   */
  takeSlot(sender: Sender, { folder }: Pick<Offer, 'folder'>): () => void {
    const taken: (() => void)[] = [];
    const giveBack = (): void => {
      for (const give of taken) give();
    };
    try {
      taken.push(this.#receptionsOfSenders.take(senderKey(sender)));
      taken.push(this.#receptions.take());
      if (folder !== undefined) taken.push(this.#folderReceptions.take());
      return giveBack;
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  /**
   * What the rules say of what it is and who sends it; whether there is room is not looked at.
   *
   * @returns whether somebody has to be asked
   * @throws CardumeError OFFER_REFUSED
   */
  consider(offer: Offer, sender: Sender): 'accept' | 'ask' {
    const decision = decideOffer(offer, sender, this.#init.rules, anyRoom);
    if (decision.kind === 'refuse') throw refused(decision.rule, decision.why);
    return this.#approvals.has(approvalKey(offer, sender), this.#init.nowMs()) ? 'accept' : decision.kind;
  }

  /** Refuses a folder with files of types that are not allowed. @throws CardumeError OFFER_REFUSED */
  checkTypes(names: Iterable<string>): void {
    const decision = decideTypes(names, this.#init.rules);
    if (decision !== undefined) throw refused(decision.rule, decision.why);
  }

  /**
   * Asks whoever has to be asked, and promises room.
   *
   * @param place where in the quarantine it goes to
   * @param answer what `consider` said
   * @returns takes the promise back; safe to call twice
   * @throws CardumeError OFFER_REFUSED; LIMIT_REACHED when too many questions are open; TARGET_BUSY when the same is
   *   received already; CANCELLED
   */
  async admit(
    offer: Offer,
    sender: Sender,
    { place, answer, signal }: { place: string; answer: 'accept' | 'ask'; signal: AbortSignal },
  ): Promise<() => void> {
    if (answer === 'ask') {
      // Nobody is asked for what has no room.
      await this.#checkRoom(offer, sender, place);
      await this.#ask(offer, sender, signal);
    }
    const promise = async (): Promise<() => void> => {
      if (this.#promised.has(place)) {
        throw new CardumeError('TARGET_BUSY', 'the same began to be received just then; offer it again', {
          retryDelayMs: 1_000,
        });
      }
      await this.#checkRoom(offer, sender, place);
      this.#promised.set(place, totalBytesOf(offer));
      return () => void this.#promised.delete(place);
    };
    const promised = this.#promising.then(promise);
    this.#promising = promised.catch(() => undefined);
    return promised;
  }

  async #checkRoom(offer: Offer, sender: Sender, place: string): Promise<void> {
    const { rules } = this.#init;
    const places = new Set([...this.#promised.keys(), place]);
    const usedBytes = rules.quotaBytes === undefined ? 0 : await this.folder.usedBytes(places);
    const freeBytes = (await this.folder.freeBytes()) + (await this.folder.bytesAt(places));
    const promisedBytes = [...this.#promised.values()].reduce((sum, bytes) => sum + bytes, 0);
    const decision = decideOffer(offer, sender, rules, { usedBytes, promisedBytes, freeBytes });
    if (decision.kind === 'refuse') throw refused(decision.rule, decision.why);
  }

  async #ask(offer: Offer, sender: Sender, signal: AbortSignal): Promise<void> {
    const { ask, nowMs } = this.#init;
    if (ask === undefined) throw refused('person', 'nobody is there to be asked');
    const giveBack = this.#questions.take();
    const timeout = AbortSignal.timeout(questionTimeoutMs);
    const { name, folder } = offer;
    const question = { name, totalBytes: totalBytesOf(offer), fileCount: folder?.fileCount, ...sender };
    try {
      const isAccepted = await orAborted(ask(question, AbortSignal.any([signal, timeout])), signal, timeout);
      if (!isAccepted) throw refused('person', 'the owner of this peer said no');
    } finally {
      giveBack();
    }
    this.#approvals.add(approvalKey(offer, sender), nowMs());
  }
}

function approvalKey(offer: Offer, sender: Sender): string {
  return `${senderKey(sender)} ${offerKey(offer)}`;
}

/** Says that something is not taken, and by which rule. */
function refused(rule: RefusingRule, why: string): CardumeError {
  return new CardumeError('OFFER_REFUSED', why, { metadata: { rule } });
}

async function orAborted(asked: Promise<boolean>, signal: AbortSignal, timeout: AbortSignal): Promise<boolean> {
  const { promise, reject } = Promise.withResolvers<never>();
  const cancel = (): void => reject(new CardumeError('CANCELLED', 'the offer was taken back'));
  const expire = (): void => reject(refused('time', 'the owner of this peer was asked, and did not answer in time'));
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel);
  timeout.addEventListener('abort', expire);
  // What comes of it then is of no use any more.
  asked.catch(() => undefined);
  try {
    return await Promise.race([asked, promise]);
  } finally {
    signal.removeEventListener('abort', cancel);
    timeout.removeEventListener('abort', expire);
  }
}
