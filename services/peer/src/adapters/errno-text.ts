import { errnoOf, messageOf } from '@cardume/client/errors';

const texts: Record<string, string> = {
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  ENOENT: 'it does not exist',
  ENOTDIR: 'it does not exist',
  ELOOP: 'its symbolic links lead in a circle',
  ENAMETOOLONG: 'its path is too long for this system',
  EIO: 'its disk fails to read it',
};

/** Says in words why the file system refused something. */
export function errnoText(error: unknown): string {
  return texts[errnoOf(error) ?? ''] ?? messageOf(error);
}

/** Whether an error of the file system says that a path leads to nothing. */
export function isGone(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'ENOENT' || errno === 'ENOTDIR';
}
