import { join } from 'node:path';
import { libtorrentPython as python, libtorrentScript as script } from '../../data/systems/libtorrent.ts';
import { flipBytes } from '../flip-bytes.ts';
import { type Member, onMember } from '../network.ts';
import { whenDone } from '../when-done.ts';
import type { SwarmSystem } from './swarm-system.ts';

const addressOf = ({ host }: Member): string => `${host}:6881`;

/** BitTorrent by libtorrent: seeds, and clients that know everybody from the start and seed on. */
export const libtorrentSwarm: SwarmSystem = {
  name: 'libtorrent',
  note: 'TCP only, its defaults; pieces of 1 MiB verified with SHA-1; all addresses are told to all, so that no tracker is asked; not flushed to the disk',
  programs: [python],
  async open({ workload, folder, sources, downloaders, ends }) {
    const [name = ''] = workload.files.keys();
    const torrent = join(folder, 'torrent');
    await ends.run('helper', python.path(), script, 'create', torrent, join(workload.folder, name));
    const run = (member: Member, command: string, target: string, ...more: string[]): [string, ...string[]] =>
      onMember(member, python.path(), script, command, torrent, target, addressOf(member), ...more);
    return {
      async startSource(member, shared) {
        const seed = ends.start('sender', ...run(member, 'seed', shared));
        await seed.waitForLine(/^ready$/);
        // Its file is mapped into its memory: what is written to the file is what it sends.
        return { process: seed, lie: (everyBytes) => flipBytes(join(shared, name), everyBytes) };
      },
      async download(member, target, signal) {
        const others = [...sources, ...downloaders].filter((other) => other !== member).map(addressOf);
        const client = ends.start('receiver', ...run(member, 'swarm', target, ...others));
        await whenDone(client, signal, () => client.stdout.includes('done'));
      },
    };
  },
};
