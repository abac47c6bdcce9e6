import { type Addresses, defaultIndexPort, parseAddresses } from '@cardume/client';

/**
 * The addresses of the index that `--index` names, the preferred one first.
 *
 * @param flags of each `--index` the text: `HOST:PORT`, or `HOST` with the usual port, or several with commas between
 * @throws CardumeError INVALID_FIELD
 */
export function indexAddresses({ index }: { index: readonly string[] }): Addresses {
  return parseAddresses(index.join(','), '--index', defaultIndexPort);
}
