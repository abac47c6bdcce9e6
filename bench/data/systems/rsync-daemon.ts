import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, host, untilListening } from '../loopback.ts';
import { program } from '../program.ts';
import type { System } from './system.ts';

const rsync = program({ name: 'rsync', versionArgs: ['--version'], pattern: /version ([\d.]+)/ });

/** A folder from an rsync daemon. */
export const rsyncDaemon: System = {
  name: 'rsync daemon',
  note: 'plaintext; compares a checksum of each whole file that is no cryptographic hash',
  programs: [rsync],
  async serve({ workload, folder, target, ends }) {
    const port = await freePort();
    const config = join(folder, 'rsyncd.conf');
    const root = process.getuid?.() === 0 ? ['uid = root', 'gid = root'] : [];
    writeFileSync(
      config,
      [...root, 'use chroot = no', '[shared]', `path = ${workload.folder}`, 'read only = yes', ''].join('\n'),
    );
    const listen = ['--address', host, '--port', String(port)];
    ends.start('sender', rsync.path(), '--daemon', '--no-detach', '--config', config, ...listen);
    await untilListening(port);
    return () => ends.run('receiver', rsync.path(), '-a', `rsync://${host}:${port}/shared/`, `${target}/`);
  },
};
