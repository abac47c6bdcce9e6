import { join } from 'node:path';
import { type Address, type Addresses, CardumeError, formatAddress, isLoopback, parseAddress } from '@cardume/client';
import { type IndexOptions, type KeptInvites, type RunningIndex, startIndex } from '@cardume/index';
import type { Announced } from '../adapters/lan/announce-index.ts';
import { ownHostname, reachableAddresses } from '../adapters/own-addresses.ts';
import { untilAborted } from '../adapters/until-aborted.ts';
import { exitCode } from '../core/exit-code.ts';
import { defaultIndexAddress } from '../core/settings/default-index-address.ts';
import type { LogFlags } from '../core/settings/log-flags.ts';
import { jsonLine } from '../core/text/json-line.ts';
import type { Context } from './context.ts';
import { tellInvites } from './tell-invites.ts';

/** The flags of `cardume index`. */
export interface RunIndexFlags extends LogFlags {
  listen: string;
  database?: string;
  /** In milliseconds. */
  lease: number;
  maxConnections?: number;
  /** `false`: any number. */
  connectionsPerSecond?: number | false;
  /** `false`: any number. */
  callsPerSecond?: number | false;
  metrics?: string;
  audit?: string;
  authority?: string;
  enrolmentsPerMinute?: number;
  host?: string[];
  inviteFile?: string;
  peerNetworks?: string[];
  /** Whether the local network is told where it is. */
  announce: boolean;
  /** In bytes per second. */
  relayLimit?: number | 'off';
  relay?: string[];
  oidcIssuer?: string;
  oidcAudience?: string[];
  oidcRoles?: string[];
  oidcUserClaim?: string;
  insecure?: boolean;
  json?: boolean;
}

/** Beyond this machine an index is the authority of its network, unless its operator wants none. */
function authorityOf({ authority, insecure = false, listen }: RunIndexFlags, stateHome: string): string | undefined {
  if (authority !== undefined) return authority;
  const { host } = parseAddress(listen, '--listen');
  return insecure || isLoopback(host) ? undefined : join(stateHome, 'authority');
}

/** Undefined: no id tokens are taken. */
function oidcOf({ oidcIssuer, oidcAudience, oidcRoles, oidcUserClaim }: RunIndexFlags): IndexOptions['oidc'] {
  if (oidcIssuer !== undefined) {
    return { issuer: oidcIssuer, audiences: oidcAudience ?? [], roles: oidcRoles ?? [], userClaim: oidcUserClaim };
  }
  if (oidcAudience === undefined && oidcRoles === undefined && oidcUserClaim === undefined) return undefined;
  throw CardumeError.invalidField(
    '--oidc-issuer',
    'is missing; the other --oidc flags say what its id tokens are taken for',
  );
}

function ownHosts(listen: string): string[] {
  return reachableAddresses(parseAddress(listen, '--listen')).map(({ host }) => host);
}

/** Runs an index until the command is interrupted: a server that is asked to stop has done its job. */
export async function runIndex(flags: RunIndexFlags, context: Context): Promise<number> {
  const { interruption, stateHome } = context;
  const {
    listen,
    insecure = false,
    lease,
    maxConnections,
    connectionsPerSecond,
    callsPerSecond,
    metrics,
    audit,
    logLevel,
    logFormat,
  } = flags;
  const database = flags.database ?? `sqlite:${join(stateHome, 'index.db')}`;
  const authority = authorityOf(flags, stateHome);
  if (authority === undefined && flags.inviteFile !== undefined) {
    throw CardumeError.invalidField(
      '--invite-file',
      'an index without certificates has no invite; give --authority FOLDER, or listen beyond this machine',
    );
  }
  const hosts = [...(flags.host ?? []), ...ownHostname(), ...ownHosts(listen)];
  const index = await startIndex({
    listen,
    insecure,
    database,
    leaseTtlMs: lease,
    maxConnections,
    connectionsPerSecond,
    callsPerSecond,
    metrics,
    audit,
    authority,
    enrolmentsPerMinute: flags.enrolmentsPerMinute,
    hosts: [...new Set(hosts)],
    peerNetworks: flags.peerNetworks ?? [],
    oidc: oidcOf(flags),
    relay: flags.relayLimit === 'off' ? false : { bytesPerSecondPerUser: flags.relayLimit },
    relays: flags.relay,
    logLevel,
    logFormat,
  });
  const announced = await announce(index, flags, context);
  try {
    await tellListening(index, flags, context);
    await untilAborted(interruption.signal);
  } finally {
    await announced?.close();
    await index.stop();
  }
  return interruption.readerLeft ? exitCode.failed : exitCode.done;
}

/** Tells the local network where the index is, unless it is of this machine alone. That it cannot is no reason to fail. */
async function announce(
  { address, networkId }: RunningIndex,
  flags: RunIndexFlags,
  { nowMs }: Context,
): Promise<Announced | undefined> {
  if (!flags.announce || isLoopback(address.host)) return undefined;
  const { announceIndex } = await import('../adapters/lan/announce-index.ts');
  return announceIndex(address, networkId, nowMs);
}

async function tellListening(index: RunningIndex, flags: RunIndexFlags, context: Context): Promise<void> {
  const { terminal } = context;
  const { networkId } = index;
  const address = formatAddress(index.address);
  const metricsAddress = index.metricsAddress === undefined ? undefined : formatAddress(index.metricsAddress);
  const invites = await index.invites(invitedTo(index.address, flags.host ?? []));
  await leaveInviteIfAsked(invites, flags, context);
  if (flags.json === true) {
    terminal.print(
      jsonLine({
        type: 'listening',
        address,
        metricsAddress,
        networkId,
        invite: invites?.member,
        oidcInvite: invites?.oidc,
      }),
    );
  } else if (terminal.interactive) {
    terminal.note(`The index listens on ${terminal.style('note', 'bold', address)}; Ctrl-C stops it.`);
    if (metricsAddress !== undefined) terminal.note(`Metrics: http://${metricsAddress}/metrics`);
    if (invites === undefined) {
      const hint = address === defaultIndexAddress ? '' : ` --index ${address}`;
      terminal.note(`Share a folder from another terminal: cardume share FOLDER${hint}`);
    } else await tellInvites(invites, context);
  } else if (invites !== undefined) terminal.note(`Invites are in ${invites.paths.join(', ')}.`);
}

/** An invite that is good no more replaces nothing: its operator may have put another one there. */
async function leaveInviteIfAsked(
  invites: KeptInvites | undefined,
  { inviteFile }: RunIndexFlags,
  { terminal }: Context,
): Promise<void> {
  if (inviteFile === undefined) return;
  if (invites?.member === undefined) {
    terminal.note(
      `The network's first invite is good no more, and ${inviteFile} was left as it is; ` +
        '`cardume index user add NAME` makes others.',
    );
    return;
  }
  const { leaveInvite } = await import('../adapters/leave-invite.ts');
  await leaveInvite(inviteFile, invites.member);
  terminal.note(`The invite is in ${inviteFile}, for who is to share and get files.`);
}

/** Where those who are invited find the index: as its operator calls the machine, or by its addresses. */
function invitedTo(listening: Address, names: readonly string[]): Addresses {
  const named = names.map((host) => ({ host, port: listening.port }));
  const [first = listening, ...others] = named.length > 0 ? named : reachableAddresses(listening);
  return [first, ...others];
}
