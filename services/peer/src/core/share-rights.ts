import { fileNotShared } from './file-not-shared.ts';
import { ShareList } from './share-list.ts';
import { SharedFiles } from './shared-files.ts';

/** Who may see what a peer shares: users by their names, its own among them; undefined: everybody who may call. */
export type AllowedUsers = readonly string[] | undefined;

/** Whether a user may. @param user undefined: nobody who is known, such as the index */
export function isAllowed(allowedUsers: AllowedUsers, user: string | undefined): boolean {
  return allowedUsers === undefined || (user !== undefined && allowedUsers.includes(user));
}

/** What a caller sees of a peer. */
export interface SeenShare {
  files: SharedFiles;
  shareName: string;
  /** @throws CardumeError FILE_NOT_SHARED where the caller sees nothing */
  checkDigest(digest: string): void;
}

/**
 * Makes what says what each caller sees: everything, or, who is not among the users, a list with nothing on it. So whatever such a
 * caller asks for is answered as a file that there is not.
 */
export function createSeenShare(
  share: Pick<SeenShare, 'files' | 'shareName'>,
  allowedUsers: AllowedUsers,
): (user: string | undefined) => SeenShare {
  const all: SeenShare = { ...share, checkDigest: () => {} };
  const nothing: SeenShare = {
    files: new SharedFiles(new ShareList(), new ShareList()),
    shareName: '',
    checkDigest(digest) {
      throw fileNotShared(digest);
    },
  };
  return (user) => (isAllowed(allowedUsers, user) ? all : nothing);
}
