import { parseSize } from '@cardume/client/units';

/**
 * Reads a rate, a size for each second: `50MB/s`, `10 MiB/s`, and `500kB` for the same without `/s`.
 *
 * @returns whole bytes per second, at least 1; or undefined when the text is not such a rate
 */
export function parseRate(text: string): number | undefined {
  const bytesPerSecond = parseSize(text.replace(/\s*\/\s*s\s*$/i, ''));
  return bytesPerSecond === undefined || bytesPerSecond < 1 ? undefined : bytesPerSecond;
}
