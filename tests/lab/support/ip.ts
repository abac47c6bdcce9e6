import { execFileSync } from 'node:child_process';

/** Runs `ip ARGS`. @throws Error with what it wrote */
export function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The command and arguments that run something in a namespace. */
export function inNamespace(namespace: string, command: string, args: readonly string[]): [string, string[]] {
  return ['ip', ['netns', 'exec', namespace, command, ...args]];
}

/** Runs a command in a namespace to its end. @throws Error with what it wrote */
export function run(namespace: string, command: string, ...args: string[]): string {
  const [ip, all] = inNamespace(namespace, command, args);
  return execFileSync(ip, all, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** What a network device has sent and received since it was made, in bytes. */
export interface DeviceBytes {
  received: number;
  sent: number;
}

/** Reads the counters of a device. */
export function deviceBytes(namespace: string, device: string): DeviceBytes {
  const [{ stats64 }] = JSON.parse(ip('-n', namespace, '-j', '-s', 'link', 'show', 'dev', device));
  return { received: stats64.rx.bytes, sent: stats64.tx.bytes };
}
