import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CardumeError } from '@cardume/client';
import { formatInvite, openUsers, type Role, type User, type UsersClient } from '@cardume/client/trust';
import { exitCode } from '../core/exit-code.ts';
import { readIndexFlag } from '../core/settings/index-flag.ts';
import { jsonLine } from '../core/text/json-line.ts';
import { userTable } from '../core/text/user-table.ts';
import type { Context } from './context.ts';
import { type ReachedIndex, type ReachFlags, reachIndex } from './reach-index.ts';

/** The flags of all commands of `cardume index user`. */
export interface UserFlags extends ReachFlags {
  json?: boolean;
}

/** Adds a user, and prints the invite for it. */
export async function addUser(name: string, flags: UserFlags & { role: Role }, context: Context): Promise<number> {
  return withUsers(flags, context, async (users, reached) => {
    const token = await users.add(name, flags.role);
    tellInvite({ user: name, role: flags.role }, token, reached, flags, context);
  });
}

/** Makes another token for a user, and prints the invite with it. */
export async function rotateToken(name: string, flags: UserFlags, context: Context): Promise<number> {
  return withUsers(flags, context, async (users, reached) => {
    const token = await users.rotate(name);
    tellInvite({ user: name }, token, reached, flags, context);
  });
}

/** Lists the users. */
export async function listUsers(flags: UserFlags, context: Context): Promise<number> {
  const { terminal } = context;
  return withUsers(flags, context, async (users) => {
    const found: User[] = [];
    for await (const user of users.list()) {
      if (flags.json === true) terminal.print(jsonLine({ type: 'user', ...user }));
      else found.push(user);
    }
    if (flags.json === true) return;
    const [header = '', ...lines] = userTable(found, terminal);
    terminal.print(terminal.style('result', 'dim', header));
    for (const line of lines) terminal.print(line);
  });
}

/** Ends a user, or one peer. */
export async function revoke(
  name: string | undefined,
  flags: UserFlags & { peer?: string },
  context: Context,
): Promise<number> {
  const { peer } = flags;
  if ((name === undefined) === (peer === undefined)) {
    throw CardumeError.invalidField('USER', 'name a user, or a peer by --peer ID, and not both');
  }
  return withUsers(flags, context, async (users) => {
    if (name !== undefined) await users.revoke(name);
    if (peer !== undefined) await users.revokePeer(peer);
    if (flags.json === true) context.terminal.print(jsonLine({ type: 'revoked', user: name, peerId: peer }));
    else context.terminal.note(`Revoked ${name ?? `peer ${peer}`}: refused everywhere within a lease.`);
  });
}

async function withUsers(
  flags: UserFlags,
  context: Context,
  action: (users: UsersClient, reached: ReachedIndex) => Promise<void>,
): Promise<number> {
  const reached = await reachAsAdmin(flags, context);
  const { network, addresses } = reached;
  try {
    if (network === undefined) {
      throw CardumeError.invalidField(
        '--index',
        'an index without certificates has no users; give the invite of an admin, which is in admin-invite beside its authority',
      );
    }
    const users = openUsers(addresses, () => network.tlsOfIndex());
    try {
      await action(users, reached);
    } finally {
      users.close();
    }
    return exitCode.done;
  } finally {
    reached.close();
  }
}

/** On the machine of the index, and where nobody names another one, the invite beside its authority is taken. */
async function reachAsAdmin({ index, idTokenFile }: UserFlags, context: Context): Promise<ReachedIndex> {
  const { stateHome } = context;
  const own = join(stateHome, 'authority', 'admin-invite');
  const named = readIndexFlag(index).kind === 'default' && existsSync(own) ? [`file:${own}`] : index;
  return reachIndex({ index: named, ...(idTokenFile === undefined ? {} : { idTokenFile }) }, context, {
    isAdmin: true,
  });
}

function tellInvite(
  about: { user: string; role?: Role },
  token: string,
  { network, addresses }: ReachedIndex,
  flags: UserFlags,
  { terminal }: Context,
): void {
  if (network === undefined) return;
  const invite = formatInvite({ networkId: network.networkId, addresses, token });
  if (flags.json === true) {
    terminal.print(jsonLine({ type: 'invite', ...about, invite }));
    return;
  }
  terminal.note('Who has this can enrol as that user; it is not shown again:');
  terminal.print(invite);
}
