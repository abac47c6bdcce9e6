import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Member, onMember } from '../network.ts';
import { whenDone } from '../when-done.ts';
import type { Swarm, SwarmSystem } from './swarm-system.ts';

const quiet = ['--json', '--log-level', 'error'];
const lyingPeer = join(import.meta.dirname, '../programs/lying-peer.ts');
const indexPort = 50_051;
const peerPort = 50_052;

/** What a row of ours differs in. */
export interface CardumeSwarmInit {
  /** The command's entry: the sources, or what is installed of it. */
  main: string;
  name?: string;
  note?: string;
  shareArgs?: readonly string[];
  getArgs?: readonly string[];
}

/** The flags with which `cardume get` gives to others what it has, at an address of its own. */
export function sharingOnFlags(member: Member): string[] {
  return ['--insecure', '--listen', `${member.host}:0`, '--seed', '2m'];
}

/** `cardume share` on each source, `cardume get` on each downloader, and one `cardume index`. */
export function cardumeSwarm({ main, shareArgs = [], getArgs = [], ...texts }: CardumeSwarmInit): SwarmSystem {
  const node = process.execPath;
  return {
    name: 'cardume',
    note: 'asks the index, verifies every piece, journals and flushes before the name appears, which is the end; the start of Node is in its time',
    ...texts,
    programs: [],
    async open({ workload, folder, hub, ends }) {
      const [fileName = ''] = workload.files.keys();
      const indexAddress = `${hub.host}:${indexPort}`;
      // Each machine's user has a state of its own; what is compiled is kept in the home of all.
      const on = (member: Member, ...command: string[]): [string, ...string[]] => {
        const ownFolder = join(folder, member.host);
        mkdirSync(ownFolder, { recursive: true });
        return onMember(member, 'env', `XDG_STATE_HOME=${ownFolder}`, ...command);
      };
      const database = `sqlite:${join(folder, 'index.db')}`;
      const listen = ['--listen', indexAddress, '--insecure', '--database', database];
      const index = ends.start('helper', ...on(hub, node, main, 'index', ...listen, ...quiet));
      await index.waitForObject('listening');
      const swarm: Swarm = {
        async startSource(member, shared, canLie = false) {
          const address = `${member.host}:${peerPort}`;
          if (canLie) {
            const command = on(member, node, lyingPeer, join(shared, fileName), address, indexAddress);
            const liar = ends.start('sender', ...command);
            await liar.waitForObject('joined');
            return {
              process: liar,
              // It is told how densely by which signal comes.
              lie: (everyBytes) => liar.kill(everyBytes > 2 ** 20 ? 'SIGUSR1' : 'SIGUSR2'),
            };
          }
          const flags = ['--listen', address, '--insecure', '--index', indexAddress, ...shareArgs, ...quiet];
          const peer = ends.start('sender', ...on(member, node, main, 'share', shared, ...flags));
          await peer.waitForObject('joined');
          return { process: peer };
        },
        async download(member, target, signal) {
          const flags = ['--index', indexAddress, '-o', target, '--no-copy', ...sharingOnFlags(member), ...getArgs];
          const get = ends.start('receiver', ...on(member, node, main, 'get', fileName, ...flags));
          // The name appears when the file is whole, and only then; the process may go on and share it.
          await whenDone(get, signal, () => existsSync(join(target, fileName)));
        },
      };
      return swarm;
    },
  };
}
