import { CardumeError } from '@cardume/client';
import { maxAuthorityKeys } from '../limits.ts';
import type { AuthorityKey, AuthorityRecord } from './authority-record.ts';

// An authority goes on with another key in three steps, between which every peer renews its certificate, and is told then
// whom to trust: so no peer ever meets a certificate of a key that it does not know. The steps are a day or so apart; nothing
// breaks when they are further.

/**
 * The first step: a next key is trusted.
 *
 * @param next state `next`, with the handover by the key that signs now
 * @throws CardumeError INVALID_FIELD when there is a next key already, or the authority has had too many
 */
export function withNextKey({ keys }: AuthorityRecord, next: AuthorityKey): AuthorityRecord {
  if (keys.some(({ state }) => state === 'next')) throw refused('a next key is there already; sign with it first');
  if (keys.length >= maxAuthorityKeys) {
    throw refused(`it has had ${maxAuthorityKeys} keys, and one more is too many; begin another network`);
  }
  return { keys: [...keys, next] };
}

/**
 * The second step: the next key signs. The private key of the one before is forgotten at once: nothing needs it any more.
 *
 * @throws CardumeError INVALID_FIELD when there is no next key
 */
export function signingWithNextKey({ keys }: AuthorityRecord): AuthorityRecord {
  if (!keys.some(({ state }) => state === 'next')) throw refused('there is no next key; add one first');
  return {
    keys: keys.map((key) => {
      if (key.state === 'next') return { ...key, state: 'signing' };
      return key.state === 'signing' ? withoutPrivateKey(key, 'previous') : key;
    }),
  };
}

/** The third step: previous keys are trusted no more. Their handovers stay: they lead from the network's id to the new key. */
export function withoutPreviousKeys({ keys }: AuthorityRecord): AuthorityRecord {
  return { keys: keys.map((key) => (key.state === 'previous' ? withoutPrivateKey(key, 'retired') : key)) };
}

function withoutPrivateKey({ privateKey: _, ...key }: AuthorityKey, state: AuthorityKey['state']): AuthorityKey {
  return { ...key, state };
}

function refused(problem: string): CardumeError {
  return CardumeError.invalidField('authority', problem);
}
