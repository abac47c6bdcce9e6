import { join } from 'node:path';
import { freePort, host } from '../loopback.ts';
import { program } from '../program.ts';
import type { System } from './system.ts';

/** A Python that has libtorrent. */
export const libtorrentPython = program({
  name: 'libtorrent',
  command: 'python3',
  versionArgs: ['-c', 'import libtorrent; print("libtorrent", libtorrent.__version__)'],
  pattern: /^libtorrent ([\d.]+)/,
});
/** One end of a transfer by libtorrent, in Python. */
export const libtorrentScript = join(import.meta.dirname, '../programs/libtorrent-peer.py');

/** BitTorrent by libtorrent: one seed, TCP only. */
export const libtorrent: System = {
  name: 'libtorrent',
  note: 'one seed, TCP only, its defaults; pieces of 1 MiB verified with SHA-1 (BitTorrent v1), the faster of its two',
  programs: [libtorrentPython],
  async serve({ workload, folder, target, ends }) {
    const [name = ''] = workload.files.keys();
    const torrent = join(folder, 'torrent');
    await ends.run('helper', libtorrentPython.path(), libtorrentScript, 'create', torrent, join(workload.folder, name));
    const seed = `${host}:${await freePort()}`;
    const started = ends.start(
      'sender',
      libtorrentPython.path(),
      libtorrentScript,
      'seed',
      torrent,
      workload.folder,
      seed,
    );
    await started.waitForLine(/^ready$/);
    const listen = `${host}:${await freePort()}`;
    return () => ends.run('receiver', libtorrentPython.path(), libtorrentScript, 'get', torrent, target, listen, seed);
  },
};
