import { join } from 'node:path';
import type { CardumeCommand } from '../../../../tests/support/cardume-command.ts';
import type { StartedProcess } from '../../../../tests/support/start-process.ts';

/** A `cardume receive` that the index lists. */
export interface Receiver {
  process: StartedProcess;
  /** The folder where it puts what it takes. */
  inbox: string;
  peerId: string;
}

/** Starts `cardume receive`, and waits until the index lists it. Its folder and its name are the same. */
export async function startReceiver(
  command: CardumeCommand,
  index: string,
  name: string,
  flags: readonly string[] = ['--yes'],
): Promise<Receiver> {
  const process = command.start(['receive', name, '--name', name, '--index', index, '--json', ...flags]);
  const { peerId } = await process.waitForObject('joined');
  return { process, inbox: join(command.folder, name), peerId: String(peerId) };
}

/** The JSON objects that a command printed; what follows the last line feed may be half of one. */
export function jsonLines(stdout: string): Record<string, unknown>[] {
  return stdout
    .slice(0, stdout.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}
