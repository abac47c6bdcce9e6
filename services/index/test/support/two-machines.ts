import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';

/** Two machines of network namespaces on one cable. */
export interface TwoMachines extends Disposable {
  /** A command line that runs a program on one of them, in the very process that is started. */
  on(machine: 'index' | 'caller', ...command: string[]): [string, ...string[]];
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
 * @param addresses those of each, with the length of their network: `9.9.9.1/24`
 * @param hosts what the machine of the index finds by name
 */
export function createTwoMachines(
  addresses: Record<'index' | 'caller', readonly string[]>,
  hosts: Record<string, string>,
): TwoMachines {
  const nameOf = (machine: string): string => `cardume-dial-${process.pid}-${machine}`;
  const ip = (...args: string[]): void => void execFileSync('ip', args, { stdio: 'ignore' });
  const remove = (): void => {
    for (const machine of ['index', 'caller']) {
      spawnSync('ip', ['netns', 'delete', nameOf(machine)], { stdio: 'ignore' });
      rmSync(`/etc/netns/${nameOf(machine)}`, { recursive: true, force: true });
    }
  };
  try {
    // `ip netns exec` puts what is in there in the place of what is in /etc.
    mkdirSync(`/etc/netns/${nameOf('index')}`, { recursive: true });
    const lines = Object.entries(hosts).map(([name, address]) => `${address} ${name}\n`);
    writeFileSync(`/etc/netns/${nameOf('index')}/hosts`, lines.join(''));
    for (const machine of ['index', 'caller']) ip('netns', 'add', nameOf(machine));
    const peer = ['peer', 'name', 'cable', 'netns', nameOf('caller')];
    ip('-n', nameOf('index'), 'link', 'add', 'cable', 'type', 'veth', ...peer);
    for (const machine of ['index', 'caller'] as const) {
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
