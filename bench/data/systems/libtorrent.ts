import { join } from 'node:path';
import { freePort, host } from '../loopback.ts';
import { program } from '../program.ts';
import type { System } from './system.ts';

const python = program({
  name: 'libtorrent',
  command: 'python3',
  versionArgs: ['-c', 'import libtorrent; print("libtorrent", libtorrent.__version__)'],
  pattern: /^libtorrent ([\d.]+)/,
});
const script = join(import.meta.dirname, '../programs/libtorrent-peer.py');

/** BitTorrent by libtorrent: one seed, TCP only. */
export const libtorrent: System = {
  name: 'libtorrent',
  note: 'one seed, TCP only, its defaults; pieces of 1 MiB verified with SHA-1 (BitTorrent v1), the faster of its two',
  programs: [python],
  async serve({ workload, folder, target, ends }) {
    const [name = ''] = workload.files.keys();
    const torrent = join(folder, 'torrent');
    await ends.run('helper', python.path(), script, 'create', torrent, join(workload.folder, name));
    const seed = `${host}:${await freePort()}`;
    const started = ends.start('sender', python.path(), script, 'seed', torrent, workload.folder, seed);
    await started.waitForLine(/^ready$/);
    const listen = `${host}:${await freePort()}`;
    return () => ends.run('receiver', python.path(), script, 'get', torrent, target, listen, seed);
  },
};
