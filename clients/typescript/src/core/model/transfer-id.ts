/**
 * The metadata with which a caller says which of its calls are of one transfer: 1 to 64 of the characters 0-9, a-f and -. A
 * peer with upload slots counts them as one. To no other end is it used, and nobody is known by it.
 */
export const transferIdKey = 'cardume-transfer-id';

/** What each call of a transfer says; undefined: nothing. */
export function transferMetadata(transferId: string | undefined): Record<string, string> | undefined {
  return transferId === undefined ? undefined : { [transferIdKey]: transferId };
}
