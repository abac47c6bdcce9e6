import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Address,
  type Addresses,
  CardumeError,
  defaultIndexPort,
  formatAddress,
  type IndexClient,
  isLoopback,
  openIndex,
  parseAddresses,
} from '@cardume/client';
import type { Network } from '@cardume/client/trust';
import type { KnownNetwork } from '../adapters/networks.ts';
import { readIndexFile } from '../adapters/read-index-file.ts';
import { defaultIndexAddress } from '../core/settings/default-index-address.ts';
import { isInvite, readIndexFlag } from '../core/settings/index-flag.ts';
import type { Context } from './context.ts';

/** An index, and with which certificate it is spoken to. */
export interface ReachedIndex {
  addresses: Addresses;
  /** Undefined: in plaintext. */
  network: Network | undefined;
  /** Whether none of its addresses is beyond this machine. */
  isHere: boolean;
  /** Opens it. */
  open(): IndexClient;
  /** Enrols once more, with a key that lasts as long as this process. Undefined: there is no network. */
  openShortLived(): Promise<ShortLivedNetwork | undefined>;
  /** Renews the certificate no more. */
  close(): void;
}

/** A membership whose key is kept only until it is closed. */
export interface ShortLivedNetwork {
  network: Network;
  close(): Promise<void>;
}

/** The flags of all commands that reach an index. */
export interface ReachFlags {
  index: readonly string[];
  /** Where an id token is, for a network whose invite has no token. */
  idTokenFile?: string;
  /** Whether an index that is found on the local network may be used in plaintext, among others. */
  insecure?: boolean;
}

/** How an index is reached. */
export interface ReachOptions {
  /** Where this machine's key for the network is; shares have their own. Default: one for all that only asks and gets. */
  identityFolder?: string;
  /** Whether it is for managing: with an identity of its own, which is not that of who shares and gets. Default: false. */
  isAdmin?: boolean;
  /** For how long to wait for the file of `--index file:PATH` where it is not there yet, in milliseconds. Default: 0. */
  fileWaitMs?: number;
  /** Whether the local network is asked when no index was named, none is remembered, and none is here. Default: false. */
  looksOnLan?: boolean;
}

/**
 * Finds out which index `--index` means, and enrols in its network, if it has one that this machine is to be part of: with an
 * invite, which is remembered, or as it was remembered, for one of its addresses or where no index was named.
 *
 * @throws CardumeError INVALID_FIELD; what enrolling throws
 */
export async function reachIndex(
  flags: ReachFlags,
  context: Context,
  options: ReachOptions = {},
): Promise<ReachedIndex> {
  const { addresses, known } = await findIndex(flags, context, options);
  const network = known === undefined ? undefined : await enrolIn(known, flags, context, options);
  return {
    addresses,
    network,
    isHere: addresses.every(({ host }) => isLoopback(host)),
    open: () => openIndex(addresses, { tls: network === undefined ? undefined : () => network.tlsOfIndex() }),
    openShortLived: async () => (known === undefined ? undefined : enrolShortLived(known, flags, context)),
    close: () => network?.close(),
  };
}

async function enrolShortLived(known: KnownNetwork, flags: ReachFlags, context: Context): Promise<ShortLivedNetwork> {
  const folder = await mkdtemp(join(tmpdir(), 'cardume-identity-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const network = await enrolIn(known, flags, context, { identityFolder: folder });
    return {
      network,
      async close() {
        network.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function findIndex(
  { index: given, insecure = false }: Pick<ReachFlags, 'index' | 'insecure'>,
  context: Context,
  options: ReachOptions,
): Promise<{ addresses: Addresses; known: KnownNetwork | undefined }> {
  const flag = readIndexFlag(given);
  const { stateHome } = context;
  switch (flag.kind) {
    case 'file':
      return findIndex({ index: [await readNamedFile(flag.path, context, options)] }, context, options);
    case 'asked': {
      const text = await context.secrets.ask('Invite: ', context.interruption.signal);
      return findIndex({ index: [text] }, context, options);
    }
    case 'invite': {
      const { networkOf, rememberNetwork } = await import('../adapters/networks.ts');
      // An admin's invite is not what this user's shares are to enrol with later.
      const known = await (options.isAdmin ? networkOf : rememberNetwork)(stateHome, flag.text, '--index');
      return { addresses: known.invite.addresses, known };
    }
    case 'default': {
      const known = await ifRemembered(stateHome, ({ currentNetwork }) => currentNetwork(stateHome));
      if (known !== undefined) return { addresses: known.invite.addresses, known };
      const here = parse(defaultIndexAddress);
      const found = options.looksOnLan === true ? await findOnLan(here[0], insecure, context) : undefined;
      return found ?? { addresses: here, known: undefined };
    }
    case 'addresses': {
      const addresses = parse(flag.text);
      const known = await ifRemembered(stateHome, ({ networkAt }) => networkAt(stateHome, addresses));
      const invite = known === undefined ? await askForInvite(addresses, context) : undefined;
      return invite === undefined ? { addresses, known } : findIndex({ index: [invite] }, context, options);
    }
  }
}

/** Asks for the invite of a network with certificates, where somebody can be asked; undefined elsewhere, and of other indexes. */
async function askForInvite(addresses: Addresses, { secrets, interruption }: Context): Promise<string | undefined> {
  if (!secrets.canAsk) return undefined;
  const { isSecured } = await import('../adapters/is-secured.ts');
  for (const address of addresses) {
    if (!(await isSecured(address))) continue;
    const given = await secrets.ask(`Invite for ${formatAddress(address)}: `, interruption.signal);
    if (isInvite(given)) return given;
    throw CardumeError.invalidField('--index', 'that is no invite; one begins with cardume-invite-');
  }
  return undefined;
}

async function findOnLan(here: Address, insecure: boolean, context: Context) {
  const { isListening } = await import('../adapters/lan/is-listening.ts');
  if (await isListening(here)) return undefined;
  const { lookOnLan } = await import('./look-on-lan.ts');
  const { stateHome } = context;
  const networkById = (id: string) => ifRemembered(stateHome, (networks) => networks.networkById(stateHome, id));
  return lookOnLan({ insecure, networkById }, context);
}

function parse(text: string): Addresses {
  return parseAddresses(text, '--index', defaultIndexPort);
}

type Networks = typeof import('../adapters/networks.ts');

/** Loads what is remembered of networks only where there is something. */
async function ifRemembered(
  stateHome: string,
  find: (networks: Networks) => Promise<KnownNetwork | undefined>,
): Promise<KnownNetwork | undefined> {
  if (!existsSync(join(stateHome, 'networks'))) return undefined;
  return find(await import('../adapters/networks.ts'));
}

async function readNamedFile(path: string, context: Context, { fileWaitMs }: ReachOptions): Promise<string> {
  if (fileWaitMs === undefined) return readIndexFile(path);
  const { terminal, interruption, nowMs } = context;
  return readIndexFile(path, {
    timeoutMs: fileWaitMs,
    signal: interruption.signal,
    onWaiting: () => terminal.note(`Waiting for ${path}, which is not there yet, for up to ${fileWaitMs / 1_000} s.`),
    nowMs,
  });
}

async function enrolIn(
  known: KnownNetwork,
  flags: ReachFlags,
  context: Context,
  { identityFolder, isAdmin = false }: ReachOptions,
): Promise<Network> {
  const { openNetwork } = await import('@cardume/client/trust');
  const { networkId, addresses, token } = known.invite;
  const folder = identityFolder ?? join(known.folder, isAdmin ? 'admin-identity' : 'identity');
  return openNetwork({
    folder,
    networkId,
    addresses,
    token,
    // Who has an invite with a token comes by that, whatever is set for others.
    idToken: token === undefined ? await findIdToken(flags, context) : undefined,
    onProblem: ({ message }) =>
      context.terminal.note(
        `Could not renew the certificate for ${addresses.map(formatAddress).join(', ')}: ${message}`,
      ),
  });
}

/** The id token of the flag, which was meant for this run, before that of the variable. */
async function findIdToken({ idTokenFile }: ReachFlags, { idToken }: Context): Promise<string | undefined> {
  if (idTokenFile === undefined) return idToken;
  const { readIdTokenFile } = await import('../adapters/read-id-token.ts');
  return readIdTokenFile(idTokenFile);
}
