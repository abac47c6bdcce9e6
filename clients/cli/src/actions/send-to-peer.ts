import { setTimeout as sleep } from 'node:timers/promises';
import {
  CardumeError,
  cardumeErrorFrom,
  type ErrorReason,
  type IndexClient,
  type OfferNews,
  type PeerInfo,
  type PeerPool,
  type SharedFile,
} from '@cardume/client';
import type { SendOutcome } from '../core/send/send-outcome.ts';
import type { SendReporter } from '../core/send/send-reporter.ts';
import { formatSize } from '../core/units/size.ts';

/** What sending to a peer works with. */
export interface SendComponents {
  index: IndexClient;
  nowMs: () => number;
  /** The connections to receivers. */
  peers: PeerPool;
  /** The peer that serves what is sent. */
  peerId: string;
  port: number;
  /** For how long a receiver may be away, in milliseconds. */
  waitMs: number;
  signal: AbortSignal;
}

/** Who fails so is away or busy, and takes the same offer again later on from where it was. */
const passing: ReadonlySet<ErrorReason> = new Set([
  'UNREACHABLE',
  'SHUTTING_DOWN',
  'TIMED_OUT',
  'LIMIT_REACHED',
  'TARGET_BUSY',
]);
const retryDelayMs = 1_000;
const maxRetryDelayMs = 10_000;

/** Sends some things to one peer, one after the other. Never rejects. */
export async function sendToPeer(
  receiver: PeerInfo,
  files: readonly SharedFile[],
  otherPeerIds: readonly string[],
  components: SendComponents,
  reporter: SendReporter,
): Promise<SendOutcome[]> {
  const sending = new SendingToPeer(receiver, otherPeerIds, components, reporter);
  const outcomes: SendOutcome[] = [];
  for (const file of files) {
    const outcome = await sending.send(file);
    reporter.ended(receiver, file, outcome);
    outcomes.push(outcome);
  }
  return outcomes;
}

class SendingToPeer {
  readonly #receiver: PeerInfo;
  readonly #otherPeerIds: readonly string[];
  readonly #components: SendComponents;
  readonly #reporter: SendReporter;
  /** Where it is now: one that was started anew is at another port. */
  #address: PeerInfo;
  /** When it last said something. */
  #heardMs = 0;
  /** How much of what is being sent it had, as it said last. */
  #toldBytes: { verifiedBytes: number; totalBytes: number } | undefined;

  constructor(receiver: PeerInfo, otherPeerIds: readonly string[], components: SendComponents, reporter: SendReporter) {
    this.#receiver = receiver;
    this.#otherPeerIds = otherPeerIds;
    this.#components = components;
    this.#reporter = reporter;
    this.#address = receiver;
  }

  /** Offers something until it is there, or will not be; again and again while the receiver is away or busy. */
  async send(file: SharedFile): Promise<SendOutcome> {
    const { signal, nowMs } = this.#components;
    this.#heardMs = nowMs();
    this.#toldBytes = undefined;
    for (;;) {
      try {
        return await this.#offer(file);
      } catch (thrown) {
        const error = cardumeErrorFrom(thrown);
        if (signal.aborted) return this.#interrupted();
        if (!this.#isTriedAgain(error)) return endedBy(error);
        this.#reporter.away(this.#receiver, file, error);
        await this.#wait(error);
      }
    }
  }

  async #offer(file: SharedFile): Promise<SendOutcome> {
    const { peers, peerId, port, nowMs, signal } = this.#components;
    const offer = { file, peerId, port, otherPeerIds: this.#otherPeerIds };
    const ended = await peers.use(this.#address, async (client) => {
      for await (const news of client.offer(offer, { signal })) {
        this.#heardMs = nowMs();
        if (news.kind === 'progress') this.#toldBytes = news;
        this.#reporter.news(this.#receiver, file, news);
        const outcome = outcomeOf(news);
        if (outcome !== undefined) return outcome;
      }
      return undefined;
    });
    if (ended !== undefined) return ended;
    throw new CardumeError('UNREACHABLE', 'the peer ended the call before it was done');
  }

  #interrupted(): SendOutcome {
    const { verifiedBytes = 0, totalBytes = 0 } = this.#toldBytes ?? {};
    const had = totalBytes === 0 ? 'had not begun' : `has ${formatSize(verifiedBytes)} of ${formatSize(totalBytes)}`;
    const message = `it was interrupted, and is not finished there; that peer ${had}. The same command goes on from there`;
    return { kind: 'failed', reason: 'CANCELLED', message };
  }

  #isTriedAgain({ reason }: CardumeError): boolean {
    const { nowMs, waitMs } = this.#components;
    // Who is busy is there.
    if (reason === 'LIMIT_REACHED') this.#heardMs = nowMs();
    return passing.has(reason) && nowMs() - this.#heardMs <= waitMs;
  }

  async #wait({ retryDelayMs: askedMs = 0 }: CardumeError): Promise<void> {
    const { index, signal } = this.#components;
    const delayMs = Math.min(Math.max(askedMs, retryDelayMs), maxRetryDelayMs);
    await sleep(delayMs, undefined, { signal }).catch(() => undefined);
    const [found] = await index.findPeers([this.#receiver.peerId], { signal }).catch((): PeerInfo[] => []);
    this.#address = found ?? this.#address;
  }
}

function endedBy({ reason, message }: CardumeError): SendOutcome {
  const isRefused = reason === 'OFFER_REFUSED' || reason === 'NOT_ALLOWED';
  return { kind: isRefused ? 'refused' : 'failed', reason, message };
}

function outcomeOf(news: OfferNews): SendOutcome | undefined {
  if (news.kind === 'done') return { kind: 'sent', name: news.name, alreadyPresent: news.alreadyPresent };
  if (news.kind === 'failed') return { kind: 'failed', reason: news.reason, message: news.message };
  return undefined;
}
