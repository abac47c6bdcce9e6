import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Addresses, CardumeError, formatAddress } from '@cardume/client';
import {
  type Invite,
  isNetworkId,
  makeOwnerFolder,
  parseInvite,
  readTrustFile,
  replaceTrustFile,
} from '@cardume/client/trust';

/** A network that this user has an invite to. */
export interface KnownNetwork {
  invite: Invite;
  /** Where what belongs to it is kept: the machine's identities. */
  folder: string;
}

const inviteName = 'invite';

/** The network of an invite. */
export async function networkOf(stateHome: string, text: string, what: string): Promise<KnownNetwork> {
  const invite = parseInvite(text, what);
  return { invite, folder: join(stateHome, 'networks', invite.networkId) };
}

/** Remembers an invite, for its owner only, and that its network is the one that is meant when nobody says which. */
export async function rememberNetwork(stateHome: string, text: string, what: string): Promise<KnownNetwork> {
  const { invite, folder } = await networkOf(stateHome, text, what);
  await makeOwnerFolder(folder);
  await replaceTrustFile(join(folder, inviteName), `${text.trim()}\n`, true);
  await replaceTrustFile(join(stateHome, 'networks', 'current'), `${invite.networkId}\n`, false);
  return { invite, folder };
}

/** The network whose invite was used last; undefined when there is none. */
export async function currentNetwork(stateHome: string): Promise<KnownNetwork | undefined> {
  const networkId = (await readTrustFile(join(stateHome, 'networks', 'current'), false))?.trim();
  return networkId === undefined ? undefined : readNetwork(stateHome, networkId);
}

/**
 * The network that one of these addresses is the index of, as an invite said; undefined when none is known. It is then looked for at
 * all of them, the invite's own last: a replica may have come after the invite.
 */
export async function networkAt(stateHome: string, addresses: Addresses): Promise<KnownNetwork | undefined> {
  const wanted = new Set(addresses.map(formatAddress));
  for (const name of await readdir(join(stateHome, 'networks')).catch(() => [])) {
    const known = isNetworkId(name) ? await readNetwork(stateHome, name) : undefined;
    if (known === undefined) continue;
    const others = known.invite.addresses.filter((address) => !wanted.has(formatAddress(address)));
    if (others.length === known.invite.addresses.length) continue;
    return { ...known, invite: { ...known.invite, addresses: [...addresses, ...others] } };
  }
  return undefined;
}

/** The network with an id, when this user has an invite to it. */
export async function networkById(stateHome: string, networkId: string): Promise<KnownNetwork | undefined> {
  return isNetworkId(networkId) ? await readNetwork(stateHome, networkId) : undefined;
}

async function readNetwork(stateHome: string, networkId: string): Promise<KnownNetwork | undefined> {
  if (!isNetworkId(networkId)) {
    throw CardumeError.invalidField(
      join(stateHome, 'networks', 'current'),
      'is no id of a network; use an invite again',
    );
  }
  const folder = join(stateHome, 'networks', networkId);
  const path = join(folder, inviteName);
  const text = await readTrustFile(path, true);
  return text === undefined ? undefined : { invite: parseInvite(text, path), folder };
}
