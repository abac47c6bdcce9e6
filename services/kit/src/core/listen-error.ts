import { type Address, CardumeError, formatAddress, messageOf } from '@cardume/client';

/**
 * Says why a server cannot listen.
 *
 * @param flag the one that named the address: `--listen`
 */
export function listenError(flag: string, listen: Address, error: unknown): CardumeError {
  const text = messageOf(error);
  const reason = text.includes('EADDRINUSE')
    ? 'another process listens there; choose another address, or port 0 for a free one'
    : text.includes('EACCES')
      ? 'this user may not listen on that port; choose one from 1024 up'
      : `this machine cannot listen there (${text})`;
  return CardumeError.invalidField(flag, `${formatAddress(listen)}: ${reason}`);
}
