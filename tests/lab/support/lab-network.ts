import { join } from 'node:path';
import { type LinkPackets, type LinkQuality, type SlowLink, startSlowLink } from '../../support/slow-link.ts';
import { type StartedProcess, startProcess } from '../../support/start-process.ts';
import { type DeviceBytes, deviceBytes, inNamespace, ip, run } from './ip.ts';
import { natRules } from './lab-tools.ts';

/** A machine of the laboratory. */
export type Machine = 'index' | 'open' | 'left' | 'right' | 'laptop';

/** Where the laptop can be: at a site behind NAT, or at the router itself. */
export type Place = 'left' | 'right' | 'open';

/** The addresses that others dial; those of the two sites are the same, as at home. */
export const addresses = {
  index: '10.90.0.2',
  open: '10.93.0.2',
  left: '192.168.1.10',
  right: '192.168.1.10',
} as const;

/** The networks on the router, of which each machine that is not behind NAT has the address that ends in 2, and each NAT, too. */
const outerNetworks = { index: '10.90.0', left: '10.91.0', right: '10.92.0', open: '10.93.0' } as const;

/** Which address the index sees the laptop at. */
export const laptopSeenAt: Readonly<Record<Place, string>> = {
  left: `${outerNetworks.left}.2`,
  right: `${outerNetworks.right}.2`,
  open: '10.94.0.2',
};

/** Where the laptop is plugged in, and the network that it has an address of: that of the two sites is the same. */
const sockets: Readonly<Record<Place, { router: string; network: string }>> = {
  left: { router: 'nat-left', network: '192.168.2' },
  right: { router: 'nat-right', network: '192.168.2' },
  open: { router: 'router', network: '10.94.0' },
};

/** What a router needs so that packets of the size of a segment pass it. */
const forwarding = ['sysctl', '-qw', 'net.ipv4.ip_forward=1'];

/** How a laboratory differs from the usual one. */
export interface LabNetworkOptions {
  /** The line of the right site. Default: as quick as the kernel is. */
  lineOfRight?: LinkQuality | undefined;
  /** Where the laptop is at first. Default: there is none. */
  laptop?: Place | undefined;
}

/**
 * Two sites behind NAT, an index and an open machine on public addresses, and the router between them; each a network namespace.
 *
 * ```
 * left 192.168.1.10 ── NAT 10.91.0.2 ──┐            ┌── index 10.90.0.2
 *                                      ├── router ──┤
 * right 192.168.1.10 ─ NAT 10.92.0.2 ──┘            └── open 10.93.0.2
 * ```
 *
 * A laptop is at one of the sites, where it has 192.168.2.2, or at the router, as 10.94.0.2.
 */
export class LabNetwork {
  readonly #prefix = `lab${process.pid}`;
  readonly #namespaces: string[] = [];
  readonly #started: StartedProcess[] = [];
  #line: SlowLink | undefined;

  /** Makes it. */
  static async make({ lineOfRight, laptop }: LabNetworkOptions = {}): Promise<LabNetwork> {
    const lab = new LabNetwork();
    const router = lab.#add('router');
    run(router, ...(forwarding as [string, ...string[]]));
    for (const machine of ['index', 'open'] as const) {
      lab.#add(machine);
      lab.#cable(machine, 'router', outerNetworks[machine]);
    }
    await lab.#site('left');
    await lab.#site('right', lineOfRight);
    if (laptop !== undefined) {
      lab.#add('laptop');
      lab.plugInLaptop(laptop);
    }
    return lab;
  }

  /** The namespace of a machine. */
  namespace(machine: Machine): string {
    return this.#name(machine);
  }

  /** Starts a program on a machine; it is ended with the network. */
  start(
    machine: Machine,
    command: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv = process.env,
  ): StartedProcess {
    const started = startProcess(...inNamespace(this.#name(machine), command, args), { env });
    this.#started.push(started);
    return started;
  }

  /** Captures what passes the device of a machine into a file, until the process is stopped. */
  async capture(machine: Machine, path: string): Promise<StartedProcess> {
    const program = join(import.meta.dirname, 'capture.py');
    const started = this.start(machine, 'python3', [program, 'out', path]);
    await started.waitForLine(/^ready$/);
    return started;
  }

  /** What a machine has sent and received. */
  bytes(machine: Machine): DeviceBytes {
    return deviceBytes(this.#name(machine), 'out');
  }

  /** Cuts a machine's network off: what comes from there, and goes there, vanishes at the router, and nobody is told. */
  cutOff(machine: keyof typeof outerNetworks, isCut: boolean): void {
    for (const way of ['from', 'to']) {
      const packets = [way, `${outerNetworks[machine]}.0/24`, 'blackhole'];
      ip('-n', this.#name('router'), 'rule', isCut ? 'add' : 'delete', ...packets);
    }
  }

  /** Takes the laptop to another place. */
  moveLaptop(place: Place): void {
    // With one end of a cable the other one goes.
    ip('-n', this.#name('laptop'), 'link', 'delete', 'out');
    this.plugInLaptop(place);
  }

  /** Plugs the laptop in where it is. */
  plugInLaptop(place: Place): void {
    const { router, network } = sockets[place];
    this.#cable('laptop', router, network);
  }

  /** Gives the laptop at the router another address there, as DHCP may. */
  readdressLaptop(address: string): void {
    const device = ['dev', 'out'];
    ip('-n', this.#name('laptop'), '-4', 'addr', 'flush', ...device);
    ip('-n', this.#name('laptop'), 'addr', 'add', `${address}/24`, ...device);
    ip('-n', this.#name('laptop'), 'route', 'add', 'default', 'via', `${sockets.open.network}.1`);
  }

  /** Takes the line of the right site down, when it is one of its own; says what it carried. */
  async endLineOfRight(): Promise<LinkPackets | undefined> {
    const line = this.#line;
    this.#line = undefined;
    return line?.stop();
  }

  /** Ends all that runs in it, and removes it. */
  async remove(): Promise<void> {
    await Promise.all(this.#started.map((started) => started.stop()));
    await this.endLineOfRight();
    for (const namespace of this.#namespaces) ip('netns', 'delete', namespace);
  }

  /** A machine behind a router of its own. */
  async #site(machine: 'left' | 'right', line?: LinkQuality): Promise<void> {
    const nat = `nat-${machine}`;
    const network = outerNetworks[machine];
    const namespace = this.#add(nat);
    if (line === undefined) {
      this.#cable(nat, 'router', network);
    } else {
      const outer = { namespace: this.#name('router'), device: `to-${nat}`, address: `${network}.1/24` };
      this.#line = await startSlowLink([outer, { namespace, device: 'out', address: `${network}.2/24` }], line);
      ip('-n', namespace, 'route', 'add', 'default', 'via', `${network}.1`);
    }
    const inner = this.#add(machine);
    ip('link', 'add', 'inner', 'netns', namespace, 'type', 'veth', 'peer', 'name', 'out', 'netns', inner);
    this.#up(namespace, 'inner', '192.168.1.1/24');
    this.#up(inner, 'out', '192.168.1.10/24');
    ip('-n', inner, 'route', 'add', 'default', 'via', '192.168.1.1');
    run(namespace, ...(forwarding as [string, ...string[]]));
    for (const [command = '', ...args] of natRules?.commands('out') ?? []) run(namespace, command, ...args);
  }

  /** Connects a machine with a router: it has `.2` of a network, and the router `.1`. */
  #cable(machine: string, router: string, network: string): void {
    const [near, far] = [this.#name(router), this.#name(machine)];
    const device = `to-${machine}`;
    ip('link', 'add', device, 'netns', near, 'type', 'veth', 'peer', 'name', 'out', 'netns', far);
    this.#up(near, device, `${network}.1/24`);
    this.#up(far, 'out', `${network}.2/24`);
    ip('-n', far, 'route', 'add', 'default', 'via', `${network}.1`);
  }

  #up(namespace: string, device: string, address: string): void {
    ip('-n', namespace, 'addr', 'add', address, 'dev', device);
    ip('-n', namespace, 'link', 'set', device, 'up');
  }

  #add(machine: string): string {
    const namespace = this.#name(machine);
    ip('netns', 'add', namespace);
    this.#namespaces.push(namespace);
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
    return namespace;
  }

  #name(machine: string): string {
    return `${this.#prefix}-${machine}`;
  }
}
