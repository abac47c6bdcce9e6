import type { CardumeError, OfferNews, PeerInfo, SharedFile } from '@cardume/client';
import type { SendOutcome } from './send-outcome.ts';

/** Tells how the sending goes, receiver by receiver. */
export interface SendReporter {
  news(receiver: PeerInfo, file: SharedFile, news: OfferNews): void;
  /** A receiver is away or busy, and is asked again. */
  away(receiver: PeerInfo, file: SharedFile, error: CardumeError): void;
  ended(receiver: PeerInfo, file: SharedFile, outcome: SendOutcome): void;
  /** @param givenBytes how many bytes of what was sent left this machine */
  done(outcomes: readonly SendOutcome[], givenBytes: number): void;
}
