import { CardumeError, frameMessage, type OfferNews } from '@cardume/client';
import { type OfferRequest, OfferResponse } from '@cardume/proto/transfer/v1';
import { peerOf, type RawStreamHandler, type SharedSlots, takeSlot } from '@cardume/service-kit';
import { checkOffer } from '../core/offers/check-offer.ts';
import type { Offer } from '../core/offers/offer.ts';
import type { OfferSource } from '../core/offers/offer-source.ts';
import { readSource } from './read-source.ts';

/** Receives what is offered, and tells how it goes. */
export interface ReceivesOffers {
  /** @throws CardumeError OFFER_REFUSED, LIMIT_REACHED, SHUTTING_DOWN */
  receive(offer: Offer, source: OfferSource, signal: AbortSignal): AsyncGenerator<OfferNews, void, undefined>;
}

export interface OfferComponents extends SharedSlots {
  /** Undefined: this peer has no inbox. */
  offers: ReceivesOffers | undefined;
}

/** Makes the handler of `TransferService.Offer`. */
export function createOffer({ offers, ...slots }: OfferComponents): RawStreamHandler<OfferRequest> {
  return async function offer(request, { signal, callerAddress, caller, send, note }) {
    const offered = checkOffer(request.file);
    const source = readSource(request, callerAddress, caller);
    if (offers === undefined) throw noInbox();
    const giveBack = takeSlot(slots, callerAddress, peerOf(caller)?.peerId);
    let outcome: OfferNews['kind'] | undefined;
    try {
      for await (const news of offers.receive(offered, source, signal)) {
        outcome = news.kind;
        await send(frameMessage(OfferResponse.encode({ news: messageOfNews(news) }).finish()));
      }
    } finally {
      giveBack();
      if (outcome !== undefined) note({ ...detailOf(offered), outcome });
    }
  };
}

/** What no inbox answers to whoever sends. */
export function noInbox(): CardumeError {
  return new CardumeError('OFFER_REFUSED', 'this peer takes nothing that is sent to it', {
    metadata: { rule: 'policy' },
  });
}

/** What the audit log says of what was sent. */
export function detailOf({ name, digest, sizeBytes, folder }: Offer): Record<string, string | number> {
  const within: Record<string, number> =
    folder === undefined ? {} : { fileCount: folder.fileCount, totalSizeBytes: folder.totalSizeBytes };
  return { name, digest, sizeBytes, ...within };
}

function messageOfNews(news: OfferNews): NonNullable<OfferResponse['news']> {
  switch (news.kind) {
    case 'asked':
    case 'accepted':
      return { $case: news.kind, value: {} };
    case 'progress': {
      const { verifiedBytes, totalBytes, waiting } = news;
      return { $case: 'progress', value: { verifiedBytes, totalBytes, waiting } };
    }
    case 'done':
      return { $case: 'done', value: { name: news.name, alreadyPresent: news.alreadyPresent } };
    case 'failed':
      return { $case: 'failed', value: { reason: news.reason, message: news.message } };
  }
}
