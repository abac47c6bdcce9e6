import { CardumeError, transferIdKey } from '@cardume/client';

const transferId = /^[0-9a-f-]{1,64}$/;

/** What takes one upload slot, however many streams and connections it has. */
export interface Transfer {
  /** A member of the network, else an address. */
  readonly caller: string;
  /** What the caller calls it; '': it has said nothing, and all of its calls without an id are one transfer. */
  readonly id: string;
}

/** @throws CardumeError INVALID_FIELD for an id that is none */
export function checkTransferId(id: string): string {
  if (id === '' || transferId.test(id)) return id;
  throw CardumeError.invalidField(transferIdKey, 'must be 1 to 64 of the characters 0-9, a-f and -');
}
