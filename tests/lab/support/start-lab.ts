import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StartedProcess } from '../../support/start-process.ts';
import { until } from '../../support/until.ts';
import { labCardume } from './lab-cardume.ts';
import { addresses, LabNetwork, type LabNetworkOptions, type Machine } from './lab-network.ts';

export interface LabOptions extends LabNetworkOptions {
  /** How long a peer stays without renewing. Default: the command's own. */
  lease?: string;
}

/** A peer as `cardume peers` tells of it. */
export interface LabPeer {
  peerId: string;
  host: string;
  port: number;
  shareName: string;
  reachable: boolean;
}

/** A download that runs. */
export interface LabGet {
  readonly process: StartedProcess;
  /** Waits until so many bytes more are verified than are now, or it has ended. @throws Error after 90 s */
  more(moreBytes: number): Promise<void>;
  /** Waits for its end. @throws Error with what it wrote when it failed */
  file(): Promise<Buffer>;
}

/** A laboratory with an index in it, of a network with certificates. */
export type Lab = Awaited<ReturnType<typeof startLab>>;

/** Makes it, and starts the index. */
export async function startLab(folder: string, { lease, ...options }: LabOptions = {}) {
  const network = await LabNetwork.make(options);
  try {
    const cardume = labCardume(network, folder);
    const listen = ['--listen', '0.0.0.0:50051', '--host', addresses.index, '--relay-limit', '1GB/s'];
    const leases = lease === undefined ? [] : ['--lease', lease];
    const index = cardume.start(
      'index',
      'index',
      ...listen,
      ...leases,

      '--json',
    );
    const invite = String((await index.waitForObject('listening')).invite);
    const at = ['--index', invite];
    let gets = 0;
    return {
      network,
      cardume,
      index,
      invite,
      /** Shares a file of those bytes; resolves when the machine has joined with it, and listens at a relay if it must. */
      async share(machine: Machine, name: string, bytes: Uint8Array): Promise<StartedProcess> {
        const path = join(cardume.folderOf(machine), name);
        writeFileSync(path, bytes);
        const share = cardume.start(machine, 'share', path, ...at, '--json');
        const { reachable } = await share.waitForObject('joined');
        if (reachable === false) await share.waitForObject('relayed');
        return share;
      },
      /** Begins to download a file into a folder of its own. */
      get(machine: Machine, name: string, ...args: string[]): LabGet {
        gets += 1;
        const target = join(cardume.folderOf(machine), `got-${gets}`);
        const how = ['-o', target, '--no-copy', '--json', ...at, ...args];
        const process = cardume.start(machine, 'get', name, ...how);
        return {
          process,
          async more(moreBytes) {
            const wantedBytes = verifiedBytesOf(process.stdout) + moreBytes;
            const isThere = (): boolean => process.end !== undefined || verifiedBytesOf(process.stdout) >= wantedBytes;
            await until(`${name} to come to ${machine}`, isThere, 90_000);
          },
          async file() {
            const { code } = await process.waitForEnd();
            if (code !== 0) throw new Error(`cardume get ${name} at ${machine} ended with ${code}: ${tailOf(process)}`);
            const bytes = readFileSync(join(target, name));
            rmSync(target, { recursive: true });
            return bytes;
          },
        };
      },
      /** Who is listed, as the machine of the index sees it. */
      async peers(): Promise<LabPeer[]> {
        const lines = (await cardume.run('index', 'peers', ...at, '--json')).split('\n');
        return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LabPeer);
      },
      remove: () => network.remove(),
    };
  } catch (error) {
    await network.remove();
    throw error;
  }
}

/** How much of a download is verified, as the last line of progress says. */
function verifiedBytesOf(stdout: string): number {
  const [last] = [...stdout.matchAll(/"verifiedBytes":(\d+)/g)].slice(-1);
  return Number(last?.[1] ?? 0);
}

function tailOf({ stdout, stderr }: StartedProcess): string {
  return `${stderr}\n${stdout.split('\n').slice(-4).join('\n')}`;
}
