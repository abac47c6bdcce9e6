import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, host, untilListening } from '../loopback.ts';
import { program } from '../program.ts';
import { nginxConfiguration } from './nginx-configuration.ts';
import { openssl } from './openssl.ts';
import type { System } from './system.ts';

/** nginx's command. */
export const nginx = program({ name: 'nginx', versionArgs: ['-v'], pattern: /nginx\/([\d.]+)/ });
/** curl's command. */
export const curl = program({ name: 'curl', versionArgs: ['--version'], pattern: /^curl ([\d.]+)/ });

/** A web server's file, and the SHA-256 of what arrived: what a download page with checksums asks for. */
export const nginxAndCurl: System = {
  name: 'nginx + curl, then openssl',
  note: 'plaintext HTTP/1.1 with sendfile; `openssl dgst -sha256` of the file after its name appeared',
  programs: [nginx, curl, openssl],
  async serve({ workload, folder, target, ends }) {
    const port = await freePort();
    const work = join(folder, 'nginx');
    mkdirSync(work);
    writeFileSync(
      join(folder, 'nginx.conf'),
      nginxConfiguration({ work, shared: workload.folder, listen: `${host}:${port}` }),
    );
    ends.start('sender', nginx.path(), '-p', work, '-e', 'stderr', '-c', join(folder, 'nginx.conf'));
    await untilListening(port);
    return async () => {
      for (const [name, sha256] of workload.files) {
        const path = join(target, name);
        await ends.run('receiver', curl.path(), '-sSf', '-o', path, `http://${host}:${port}/${name}`);
        const { stdout } = await ends.run('receiver', openssl.path(), 'dgst', '-sha256', '-r', path);
        if (!stdout.startsWith(sha256)) throw new Error(`openssl found other content in ${name}`);
      }
    };
  },
};
