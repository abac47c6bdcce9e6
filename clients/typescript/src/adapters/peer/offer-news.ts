import type { OfferRequest, OfferResponse } from '@cardume/proto/transfer/v1';
import type { OfferInput, OfferNews } from '../../core/model/offer.ts';

/** The message of an offer. */
export function offerRequestOf({ file, peerId = '', port = 0, otherPeerIds = [] }: OfferInput): OfferRequest {
  const { name, sizeBytes, digest, modifyTime, folder } = file;
  return {
    file: { name, sizeBytes, digest, modifyTime, partial: false, folder },
    peerId,
    port,
    otherPeerIds: [...otherPeerIds],
  };
}

/** Reads what a peer tells of an offer; what is not known here is passed over. */
export async function* readOfferNews(
  messages: AsyncIterable<OfferResponse>,
): AsyncGenerator<OfferNews, void, undefined> {
  for await (const { news } of messages) {
    if (news === undefined) continue;
    const { $case: kind } = news;
    if (kind === 'asked' || kind === 'accepted') yield { kind };
    else if (kind === 'progress') yield { kind, ...news.value };
    else if (kind === 'done') yield { kind, ...news.value };
    else yield { kind, ...news.value };
  }
}
