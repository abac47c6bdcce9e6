/** The longest request in bytes: what a source that fails may cost, and what it reads from its disk in a row. */
export const longestRequestBytes = 32 * 1024 * 1024;
/** The first request to a source of which nothing is known. */
export const firstRequestBytes = 1024 * 1024;
/** The first requests to a source that is whole and the only one: there is nobody else to be fair to. */
export const firstLoneRequestBytes = 2 * 1024 * 1024;
/** How much work a request is, in milliseconds at the source's measured rate. */
export const requestMs = 750;
// Who reads along is to get the next bytes soon, not many a little later.
const sequentialRequestMs = 500;

/** What decides how long a request is. */
export interface RequestSizeInit {
  /** Of the source; undefined: not known yet. */
  bytesPerSecond: number | undefined;
  /** Of all sources together, as far as it is known. */
  allBytesPerSecond: number;
  /** Whether it is the only source, and whole. */
  isLone: boolean;
  /** How many connections of the source have work, this one included: they share its rate. */
  lanes: number;
  /** What nobody is asked for yet. */
  wantedBytes: number;
  isSequential: boolean;
}

/**
 * How many bytes to ask a source for at once: so much that a disk reads in a row and the way there and back does not
 * count, so little that the others soon do its work when it fails. The last of a file is shared out by rates, in ever
 * smaller parts, so that all sources end together.
 *
 * @returns perhaps less than a piece; the request then is for one
 */
export function requestBytes(init: RequestSizeInit): number {
  const { bytesPerSecond, allBytesPerSecond, isLone, lanes, wantedBytes, isSequential } = init;
  if (bytesPerSecond === undefined) {
    return Math.min(isLone ? firstLoneRequestBytes : firstRequestBytes, wantedBytes / lanes);
  }
  const workBytes = (bytesPerSecond * (isSequential ? sequentialRequestMs : requestMs)) / 1_000 / lanes;
  const share = bytesPerSecond / Math.max(allBytesPerSecond, bytesPerSecond, 1) / lanes;
  const partOfRest = isLone && lanes === 1 ? wantedBytes : (wantedBytes * share) / 2;
  return Math.min(workBytes, partOfRest, longestRequestBytes);
}
