import type { OfferInput, OfferNews, PeerClient } from '@cardume/client';

/** Offers something, and gives all that is told of it but how far it is. */
export async function offerAll(client: PeerClient, offer: OfferInput): Promise<OfferNews[]> {
  const told: OfferNews[] = [];
  for await (const news of client.offer(offer)) if (news.kind !== 'progress') told.push(news);
  return told;
}
