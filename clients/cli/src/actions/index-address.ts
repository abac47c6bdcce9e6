import { type Address, defaultIndexPort, parseAddress } from '@cardume/client';

/**
 * The index that `--index` names: `HOST:PORT`, or `HOST` with the usual port.
 *
 * @throws CardumeError INVALID_FIELD
 */
export function indexAddress(flags: { index: string }): Address {
  return parseAddress(flags.index, '--index', defaultIndexPort);
}
