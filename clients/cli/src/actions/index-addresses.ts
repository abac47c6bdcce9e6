import { type Addresses, defaultIndexPort, parseAddresses } from '@cardume/client';

/**
 * The index that `--index` names: `HOST:PORT`, or `HOST` with the usual port; several addresses of it with commas between.
 *
 * @throws CardumeError INVALID_FIELD
 */
export function indexAddresses(flags: { index: string }): Addresses {
  return parseAddresses(flags.index, '--index', defaultIndexPort);
}
