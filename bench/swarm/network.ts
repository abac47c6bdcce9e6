import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

/** A machine of a swarm: a network namespace with one address. */
export interface Member {
  readonly namespace: string;
  readonly host: string;
}

/** Machines that reach each other through one switch, which is a machine, too. */
export interface Network {
  /** The switch's own machine: no uplink is shaped there. */
  readonly hub: Member;
  readonly members: readonly Member[];
  /** Shapes what a member sends from now on. */
  shape(member: Member, bytesPerSecond: number): void;
  /** Removes all namespaces. What runs in them must have ended. Safe to call twice. */
  remove(): void;
}

/** How many machines, and what each one's uplink carries. */
export interface NetworkInit {
  memberCount: number;
  /** Undefined: nothing is shaped. */
  uplinkBytesPerSecond?: number | undefined;
}

/** Of all namespaces that are made here, before the id of the process that made them. */
export const namespacePrefix = 'cardume-swarm-';

// Frames of 9,000 bytes, as a machine room has them: TCP then carries 0.993 of what the shaper lets through, and of
// frames of 1,500 bytes 0.956, which would be the link's limit and nobody's merit.
const mtuBytes = 9_000;
// The shaper lets packets of up to 64 KiB, as TCP hands them over, pass whole. What waits is 20 ms at 50 MB/s; with
// 256 KiB packets are dropped, and 4 MiB make no difference.
const burstBytes = 256 * 1024;
const queueBytes = 1024 * 1024;

let networksMade = 0;

/**
 * Makes machines of network namespaces, each joined by a veth pair to a bridge. A member's uplink is shaped where its
 * packets leave it, by `tc tbf`; its downlink is not. There is no delay: that takes netem, which kernels here lack.
 *
 * @throws when this is not root's, or iproute2 is not there
 */
export function createNetwork({ memberCount, uplinkBytesPerSecond }: NetworkInit): Network {
  const prefix = `${namespacePrefix}${process.pid}-${++networksMade}`;
  const hub: Member = { namespace: `${prefix}-hub`, host: '10.77.0.1' };
  const members = Array.from(
    { length: memberCount },
    (_, index): Member => ({ namespace: `${prefix}-${index + 1}`, host: `10.77.1.${index + 1}` }),
  );
  const network: Network = { hub, members, shape, remove: () => removeNamespaces([hub, ...members]) };
  try {
    for (const { namespace } of [hub, ...members]) execFileSync('ip', ['netns', 'add', namespace]);
    batch(hub, [
      `link add bridge mtu ${mtuBytes} type bridge`,
      `addr add ${hub.host}/16 dev bridge`,
      ...['bridge', 'lo'].map((name) => `link set ${name} up`),
      ...members.flatMap(({ namespace }, index) => [
        `link add port${index} mtu ${mtuBytes} type veth peer name uplink mtu ${mtuBytes} netns ${namespace}`,
        `link set port${index} master bridge up`,
      ]),
    ]);
    for (const member of members) {
      const up = ['uplink', 'lo'].map((name) => `link set ${name} up`);
      batch(member, [`addr add ${member.host}/16 dev uplink`, ...up]);
      if (uplinkBytesPerSecond !== undefined) shape(member, uplinkBytesPerSecond);
    }
    return network;
  } catch (error) {
    network.remove();
    throw error;
  }
}

/** A command line that runs a program on a machine, in the very process that is started. */
export function onMember({ namespace }: Member, ...command: string[]): [string, ...string[]] {
  return ['ip', 'netns', 'exec', namespace, ...command];
}

/** Removes what processes have left that were killed before they could. */
export function removeAbandonedNetworks(): void {
  for (const namespace of listNamespaces()) {
    const [, pid] = new RegExp(`^${namespacePrefix}(\\d+)-`).exec(namespace) ?? [];
    if (pid !== undefined && !isRunning(Number(pid))) removeNamespaces([{ namespace }]);
  }
}

/** The names of all network namespaces that have one. */
export function listNamespaces(): string[] {
  try {
    return readdirSync('/run/netns');
  } catch {
    return []; // None was ever made.
  }
}

function shape({ namespace }: Member, bytesPerSecond: number): void {
  const rate = ['rate', `${bytesPerSecond * 8}bit`, 'burst', `${burstBytes}`, 'limit', `${queueBytes}`];
  execFileSync('tc', ['-n', namespace, 'qdisc', 'replace', 'dev', 'uplink', 'root', 'tbf', ...rate]);
}

function batch({ namespace }: Member, lines: readonly string[]): void {
  execFileSync('ip', ['-n', namespace, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

function removeNamespaces(members: readonly Pick<Member, 'namespace'>[]): void {
  const there = new Set(listNamespaces());
  for (const { namespace } of members) {
    if (there.has(namespace)) execFileSync('ip', ['netns', 'delete', namespace]);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
