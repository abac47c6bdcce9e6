import type { Transfer } from '@cardume/client';

/** Below it, a digest's beginning says too little, as everywhere. */
const minDigestDigits = 8;

/**
 * Chooses what is to be explained.
 *
 * @param named an id; otherwise a name, or 8 or more digits of a digest. Undefined: all downloads, or where there are none all uploads
 */
export function chooseTransfers<Item extends { transfer: Transfer }>(
  items: readonly Item[],
  named: string | undefined,
): Item[] {
  if (named === undefined) {
    const downloads = items.filter(({ transfer }) => transfer.direction === 'download');
    return downloads.length > 0 ? downloads : [...items];
  }
  const byId = items.filter(({ transfer }) => transfer.id === named);
  if (byId.length > 0) return byId;
  const digits = named.length >= minDigestDigits ? named.toLowerCase() : undefined;
  return items.filter(
    ({ transfer: { name, digest } }) => name === named || (digits !== undefined && digest.startsWith(digits)),
  );
}
