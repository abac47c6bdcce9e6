import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort, host, untilListening } from '../loopback.ts';
import { program } from '../program.ts';
import type { System } from './system.ts';

const version = { versionArgs: ['-V'], pattern: /OpenSSH_([^\s,]+)/ };
const ssh = program({ name: 'ssh', ...version });
const sshd = program({ name: 'sshd', ...version });
/** Others of ssh's package, which have no version of their own. */
const besideSsh = (name: string): string => join(dirname(ssh.path()), name);

const cipher = 'aes128-gcm@openssh.com';

/** scp from an sshd of our own, with keys that live as long as the run. */
export const scp: System = {
  name: 'scp',
  note: `encrypted with ${cipher}, the fastest cipher of OpenSSH here; no hash of the whole file`,
  programs: [sshd, ssh],
  async serve({ workload, folder, target, ends }) {
    const port = await freePort();
    const key = (name: string): string => join(folder, name);
    for (const name of ['host-key', 'user-key']) {
      await ends.run('helper', besideSsh('ssh-keygen'), '-q', '-t', 'ed25519', '-N', '', '-f', key(name));
    }
    copyFileSync(key('user-key.pub'), key('authorized-keys'));
    writeFileSync(key('sshd.conf'), configuration(folder, port));
    // sshd started by root insists on this folder, which else its service makes.
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
    ends.start('sender', sshd.path(), '-D', '-e', '-f', key('sshd.conf'));
    await untilListening(port);
    const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'];
    const flags = ['-q', '-F', 'none', '-P', String(port), '-i', key('user-key'), '-c', cipher];
    const sources = [...workload.files.keys()].map(
      (name) => `${userInfo().username}@${host}:${join(workload.folder, name)}`,
    );
    return () =>
      ends.run(
        'receiver',
        besideSsh('scp'),
        ...flags,
        ...options.flatMap((option) => ['-o', option]),
        ...sources,
        target,
      );
  },
};

function configuration(folder: string, port: number): string {
  return `
ListenAddress ${host}
Port ${port}
HostKey ${folder}/host-key
AuthorizedKeysFile ${folder}/authorized-keys
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
PidFile none
Subsystem sftp internal-sftp
`;
}
