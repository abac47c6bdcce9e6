import { CardumeError } from '@cardume/client';

const peerIdForm = /^[0-9a-f]{64}$/;

/** Whether a text is a peer id: 64 lower-case hex digits. */
export function isPeerId(text: string): boolean {
  return peerIdForm.test(text);
}

/** @throws CardumeError INVALID_FIELD unless the text is a peer id */
export function checkPeerId(text: string, field = 'peer_id'): string {
  if (!isPeerId(text)) throw CardumeError.invalidField(field, 'must be 64 lower-case hex digits');
  return text;
}
