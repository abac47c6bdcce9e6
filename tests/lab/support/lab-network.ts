import { join } from 'node:path';
import { type StartedProcess, startProcess } from '../../support/start-process.ts';
import { type DeviceBytes, deviceBytes, inNamespace, ip, run } from './ip.ts';
import { natRules } from './lab-tools.ts';

/** A machine of the laboratory. */
export type Machine = 'index' | 'open' | 'left' | 'right';

/** The addresses that others dial; those of the two sites are the same, as at home. */
export const addresses = {
  index: '10.90.0.2',
  open: '10.93.0.2',
  left: '192.168.1.10',
  right: '192.168.1.10',
} as const;

/** What a router needs so that packets of the size of a segment pass it. */
const forwarding = ['sysctl', '-qw', 'net.ipv4.ip_forward=1'];

/**
 * Two sites behind NAT, an index and an open machine on public addresses, and the router between them; each a network namespace.
 *
 * ```
 * left 192.168.1.10 ── NAT 10.91.0.2 ──┐            ┌── index 10.90.0.2
 *                                      ├── router ──┤
 * right 192.168.1.10 ─ NAT 10.92.0.2 ──┘            └── open 10.93.0.2
 * ```
 */
export class LabNetwork {
  readonly #prefix = `lab${process.pid}`;
  readonly #namespaces: string[] = [];
  readonly #started: StartedProcess[] = [];

  /** Makes it. */
  static make(): LabNetwork {
    const lab = new LabNetwork();
    const router = lab.#add('router');
    run(router, ...(forwarding as [string, ...string[]]));
    lab.#join('index', 'router', '10.90.0');
    lab.#join('open', 'router', '10.93.0');
    lab.#site('left', '10.91.0');
    lab.#site('right', '10.92.0');
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

  /** Pulls the plug of a machine, or puts it in again. */
  plug(machine: Machine, isIn: boolean): void {
    // At the other end, so that its routes stay.
    const [site, device] =
      machine === 'left' || machine === 'right' ? [`nat-${machine}`, 'inner'] : ['router', `to-${machine}`];
    ip('-n', this.#name(site), 'link', 'set', device, isIn ? 'up' : 'down');
  }

  /** Ends all that runs in it, and removes it. */
  async remove(): Promise<void> {
    await Promise.all(this.#started.map((started) => started.stop()));
    for (const namespace of this.#namespaces) ip('netns', 'delete', namespace);
  }

  /** A machine behind a router of its own. */
  #site(machine: 'left' | 'right', outside: string): void {
    const nat = `nat-${machine}`;
    this.#join(nat, 'router', outside);
    const inner = this.#add(machine);
    ip('link', 'add', 'inner', 'netns', this.#name(nat), 'type', 'veth', 'peer', 'name', 'out', 'netns', inner);
    this.#up(this.#name(nat), 'inner', '192.168.1.1/24');
    this.#up(inner, 'out', '192.168.1.10/24');
    ip('-n', inner, 'route', 'add', 'default', 'via', '192.168.1.1');
    run(this.#name(nat), ...(forwarding as [string, ...string[]]));
    for (const [command = '', ...args] of natRules?.commands('out') ?? []) run(this.#name(nat), command, ...args);
  }

  /** A new machine at the router: it has `.2` of a network, and the router `.1`. */
  #join(machine: string, router: string, network: string): void {
    const namespace = this.#add(machine);
    ip(
      'link',
      'add',
      `to-${machine}`,
      'netns',
      this.#name(router),
      'type',
      'veth',
      'peer',
      'name',
      'out',
      'netns',
      namespace,
    );
    this.#up(this.#name(router), `to-${machine}`, `${network}.1/24`);
    this.#up(namespace, 'out', `${network}.2/24`);
    ip('-n', namespace, 'route', 'add', 'default', 'via', `${network}.1`);
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
