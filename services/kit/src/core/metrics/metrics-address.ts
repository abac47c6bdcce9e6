import { type Address, parseAddress } from '@cardume/client';

/**
 * Reads where metrics are served: `PORT`, which is of this machine only, or `HOST:PORT`.
 *
 * @throws CardumeError INVALID_FIELD
 */
export function parseMetricsAddress(text: string): Address {
  return parseAddress(/^\d{1,5}$/.test(text) ? `127.0.0.1:${text}` : text, '--metrics');
}
