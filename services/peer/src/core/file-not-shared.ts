import { CardumeError } from '@cardume/client';

/**
 * The error for a file that is not shared, as it was asked for.
 *
 * @param retryDelayMs after how long it may be, in milliseconds; undefined: there is no telling
 */
export function fileNotShared(digest: string, name = '', retryDelayMs?: number): CardumeError {
  const text =
    retryDelayMs === undefined
      ? 'this peer shares no such file; search the index for who has it'
      : 'this peer has just started, and has not found such a file yet; ask again';
  return new CardumeError('FILE_NOT_SHARED', text, {
    metadata: { ...(digest === '' ? {} : { digest }), ...(name === '' ? {} : { name }) },
    ...(retryDelayMs === undefined ? {} : { retryDelayMs }),
  });
}
