import { execFileSync, spawnSync } from 'node:child_process';

/** Machines of network namespaces on one switch, which reach each other and nobody else. */
export interface LanMachines extends Disposable {
  /** A command line that runs a program on one of them, in the very process that is started. */
  on(machine: string, ...command: string[]): [string, ...string[]];
}

/** What makes namespaces, where this process may; undefined elsewhere. */
export const lanNamespaces = {
  name: 'network namespaces (iproute2, as root)',
  command:
    process.getuid?.() === 0 && spawnSync('unshare', ['-n', 'ip', 'link'], { stdio: 'ignore' }).status === 0
      ? 'ip'
      : undefined,
};

/** Makes two machines on one cable. @param addresses that of each, by its name, with the length of the network: `10.9.0.1/24` */
export function createLanMachines(addresses: Readonly<Record<string, string>>): LanMachines {
  const nameOf = (machine: string): string => `cardume-lan-${process.pid}-${machine}`;
  const ip = (...args: string[]): void => void execFileSync('ip', args, { stdio: 'ignore' });
  const machines = Object.entries(addresses);
  const remove = (): void => {
    for (const [machine] of machines) spawnSync('ip', ['netns', 'delete', nameOf(machine)], { stdio: 'ignore' });
  };
  try {
    for (const [machine] of machines) ip('netns', 'add', nameOf(machine));
    const [[first = ''] = [], [second = ''] = []] = machines;
    const other = ['peer', 'name', 'cable', 'netns', nameOf(second)];
    ip('-n', nameOf(first), 'link', 'add', 'cable', 'type', 'veth', ...other);
    for (const [machine, address] of machines) {
      ip('-n', nameOf(machine), 'addr', 'add', address, 'dev', 'cable');
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
