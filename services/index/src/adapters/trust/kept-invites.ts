import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Addresses } from '@cardume/client';
import {
  checkToken,
  createSecretFile,
  formatInvite,
  hashToken,
  type Role,
  readTrustFile,
  replaceTrustFile,
  sharedUserName,
  tokenOf,
  tokenSecretBytes,
} from '@cardume/client/trust';
import type { UserStore } from '../../core/trust/user-store.ts';

/** The users that a network begins with: whoever has the invite that its index prints, and who runs it. */
const firstUsers = [
  { user: sharedUserName, role: 'member', tokenFile: 'token', inviteFile: 'invite' },
  { user: 'admin', role: 'admin', tokenFile: 'admin-token', inviteFile: 'admin-invite' },
] as const satisfies readonly { user: string; role: Role; tokenFile: string; inviteFile: string }[];

/** Where the invite is for those who come with an id token. */
const oidcInviteFile = 'oidc-invite';

/** The invites of a network that are kept beside its authority, for its owner only. */
export interface KeptInvites {
  /** For all who are to share and get files; undefined: its user was revoked, or has another token now. */
  member: string | undefined;
  /** For who runs the network. */
  admin: string | undefined;
  /** For those who come with an id token: it has no token and is no secret. Undefined: the network takes none. */
  oidc: string | undefined;
  /** Where they are, in this order. */
  paths: string[];
}

/**
 * Makes the network's first users, if it has none of them, and writes invites for them: `invite` and `admin-invite`. The
 * database has only hashes of tokens; here they stand in clear, beside the authority's key, which is worth more.
 */
export async function keepInvites(
  folder: string,
  store: UserStore,
  networkId: string,
  addresses: Addresses,
  { nowMs, takesIdTokens }: { nowMs: number; takesIdTokens: boolean },
): Promise<KeptInvites> {
  const invites: (string | undefined)[] = [];
  for (const first of firstUsers) {
    const token = await currentToken(join(folder, first.tokenFile), store, first, nowMs);
    const invite = token === undefined ? undefined : formatInvite({ networkId, addresses, token });
    if (invite !== undefined) await replaceTrustFile(join(folder, first.inviteFile), `${invite}\n`, true);
    invites.push(invite);
  }
  const [member, admin] = invites;
  const oidc = takesIdTokens ? formatInvite({ networkId, addresses }) : undefined;
  const names: string[] = firstUsers.map(({ inviteFile }) => inviteFile);
  if (oidc !== undefined) {
    await replaceTrustFile(join(folder, oidcInviteFile), `${oidc}\n`, false);
    names.push(oidcInviteFile);
  }
  return { member, admin, oidc, paths: names.map((name) => join(folder, name)) };
}

/** The token that is kept for a user, if it is that user's; a new one when the user is new, too. */
async function currentToken(
  path: string,
  store: UserStore,
  first: { user: string; role: Role },
  nowMs: number,
): Promise<string | undefined> {
  await createSecretFile(path, `${tokenOf(randomBytes(tokenSecretBytes))}\n`);
  const token = checkToken((await readTrustFile(path, true))?.trim() ?? '', path);
  await store.addUser(first, hashToken(token), nowMs);
  const found = await store.findUserOfToken(hashToken(token));
  return found?.user === first.user && found.revokeMs === undefined ? token : undefined;
}
