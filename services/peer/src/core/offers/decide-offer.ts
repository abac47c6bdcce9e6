import { type Offer, type Sender, totalBytesOf } from './offer.ts';
import type { CheckedRules } from './offer-rules.ts';

/** Which rule refuses: what stands in the metadata of the error. */
export type RefusingRule = 'policy' | 'user' | 'size' | 'type' | 'quota' | 'space' | 'person' | 'time';

/** What the rules say of an offer. */
export type OfferDecision = { kind: 'accept' | 'ask' } | { kind: 'refuse'; rule: RefusingRule; why: string };

/** How much room there is, in bytes. */
export interface InboxRoom {
  /** What is in the inbox, but for what is promised, or is to be. */
  usedBytes: number;
  /** What offers that were accepted and are not done may take in all. */
  promisedBytes: number;
  /** What the disk has free, and what there is already of what is promised, or is to be. */
  freeBytes: number;
}

/** Decides what becomes of an offer, by the rules that its owner gave. The first rule that refuses is told. */
export function decideOffer(offer: Offer, { user }: Sender, rules: CheckedRules, room: InboxRoom): OfferDecision {
  const { otherwise, users, maxBytes, quotaBytes } = rules;
  if (otherwise === 'refuse') return refuse('policy', 'this peer takes nothing that is sent to it');
  if (users !== undefined && (user === undefined || !users.has(user))) {
    const who = user === undefined ? 'callers without a certificate' : `user ${user}`;
    return refuse('user', `this peer takes nothing from ${who}`);
  }
  const bytes = totalBytesOf(offer);
  if (maxBytes !== undefined && bytes > maxBytes) {
    return refuse('size', `this peer takes at most ${maxBytes} bytes at a time, and these are ${bytes}`);
  }
  // Those of a folder's files are not known before its manifest is.
  const refusedType = offer.folder === undefined ? decideTypes([offer.name], rules) : undefined;
  if (refusedType !== undefined) return refusedType;
  const { usedBytes, promisedBytes, freeBytes } = room;
  if (quotaBytes !== undefined && usedBytes + promisedBytes + bytes > quotaBytes) {
    return refuse('quota', 'the inbox of this peer has no room for that now');
  }
  if (promisedBytes + bytes > freeBytes) return refuse('space', 'the disk of this peer has no room for that now');
  return { kind: otherwise };
}

/** Refuses names of files that have none of the extensions which are allowed. */
export function decideTypes(
  names: Iterable<string>,
  { types }: Pick<CheckedRules, 'types'>,
): Extract<OfferDecision, { kind: 'refuse' }> | undefined {
  if (types === undefined) return undefined;
  for (const name of names) {
    const lower = name.toLowerCase();
    if (!types.some((type) => lower.endsWith(type) && lower.length > type.length)) {
      const allowed = types.map((type) => type.slice(1)).join(', ');
      return refuse('type', `this peer takes only files of these types: ${allowed}`);
    }
  }
  return undefined;
}

function refuse(rule: RefusingRule, why: string): Extract<OfferDecision, { kind: 'refuse' }> {
  return { kind: 'refuse', rule, why };
}
