import { fileNotShared } from './file-not-shared.ts';
import { ShareList } from './share-list.ts';
import { type Looks, SharedFiles } from './shared-files.ts';

/** Who may see what a peer shares: users by their names, its own among them; undefined: everybody who may call. */
export type AllowedUsers = readonly string[] | undefined;

/** Who calls, by its certificate; undefined: it has none. */
export interface SeeingCaller extends Looks {
  user: string | undefined;
}

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
 * Makes what says what each caller sees: everything that it may get; or, who is not among the users, a list with nothing on it. So
 * whatever such a caller asks for is answered as a file that there is not.
 */
export function createSeenShare(
  share: Pick<SeenShare, 'files' | 'shareName'>,
  allowedUsers: AllowedUsers,
): (caller: SeeingCaller | undefined) => SeenShare {
  const nothing: SeenShare = {
    files: new SharedFiles(new ShareList(), new ShareList()),
    shareName: '',
    checkDigest(digest) {
      throw fileNotShared(digest);
    },
  };
  return (caller) => {
    if (!isAllowed(allowedUsers, caller?.user)) return nothing;
    const files = share.files.seenBy({ peerId: caller?.peerId });
    return { ...share, files, checkDigest: (digest) => void files.find(digest, '') };
  };
}
