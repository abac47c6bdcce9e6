import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';

/** Two machines of network namespaces on one cable. */
export interface TwoMachines<Machine extends string> extends Disposable {
  /** A command line that runs a program on one of them, in the very process that is started. */
  on(machine: Machine, ...command: string[]): [string, ...string[]];
}

/** What makes namespaces, where this process may; undefined elsewhere. */
export const namespaces = {
  name: 'network namespaces (iproute2, as root)',
  command:
    process.getuid?.() === 0 && spawnSync('unshare', ['-n', 'ip', 'link'], { stdio: 'ignore' }).status === 0
      ? 'ip'
      : undefined,
};

/**
 * Makes two machines, which reach each other and nobody else.
 *
 * @param addresses those of each, by its name, with the length of their network: `9.9.9.1/24`
 * @param hosts what the first one finds by name. Default: what this machine does
 */
export function createTwoMachines<Machine extends string>(
  addresses: Readonly<Record<Machine, readonly string[]>>,
  hosts?: Readonly<Record<string, string>>,
): TwoMachines<Machine> {
  const machines = Object.keys(addresses) as Machine[];
  const [first = '', second = ''] = machines;
  const nameOf = (machine: string): string => `cardume-test-${process.pid}-${machine}`;
  const ip = (...args: string[]): void => void execFileSync('ip', args, { stdio: 'ignore' });
  // `ip netns exec` puts what is in there in the place of what is in /etc.
  const ownEtc = `/etc/netns/${nameOf(first)}`;
  const remove = (): void => {
    for (const machine of machines) spawnSync('ip', ['netns', 'delete', nameOf(machine)], { stdio: 'ignore' });
    rmSync(ownEtc, { recursive: true, force: true });
  };
  try {
    if (hosts !== undefined) {
      mkdirSync(ownEtc, { recursive: true });
      const lines = Object.entries(hosts).map(([name, address]) => `${address} ${name}\n`);
      writeFileSync(`${ownEtc}/hosts`, lines.join(''));
    }
    for (const machine of machines) ip('netns', 'add', nameOf(machine));
    const peer = ['peer', 'name', 'cable', 'netns', nameOf(second)];
    ip('-n', nameOf(first), 'link', 'add', 'cable', 'type', 'veth', ...peer);
    for (const machine of machines) {
      for (const address of addresses[machine]) ip('-n', nameOf(machine), 'addr', 'add', address, 'dev', 'cable');
      for (const link of ['lo', 'cable']) ip('-n', nameOf(machine), 'link', 'set', link, 'up');
    }
    return {
      on: (machine, ...command) => ['ip', 'netns', 'exec', nameOf(machine), ...command],
      [Symbol.dispose]: remove,
    };
  } catch (error) {
    remove();
    throw error;
  }
}
