import { smallRequestBytes } from '../limits.ts';

/**
 * Whether a request is a small one, which waits for no large one. A piece of a large file is none, however short it is: who cuts
 * a large file into such requests gains nothing.
 *
 * @param restBytes of the file, from the first byte that is asked for to its end; or of all the files that are asked for
 */
export function isSmallRequest(restBytes: number): boolean {
  return restBytes <= smallRequestBytes;
}
