import { CardumeError } from '@cardume/client';

/** The error for a file that is not shared, as it was asked for. */
export function fileNotShared(digest: string, name = ''): CardumeError {
  return new CardumeError('FILE_NOT_SHARED', 'this peer shares no such file; search the index for who has it', {
    metadata: { ...(digest === '' ? {} : { digest }), ...(name === '' ? {} : { name }) },
  });
}
