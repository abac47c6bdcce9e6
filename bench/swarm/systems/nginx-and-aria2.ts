import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, host, untilListening } from '../../data/loopback.ts';
import { nginx } from '../../data/systems/nginx-and-curl.ts';
import { nginxConfiguration } from '../../data/systems/nginx-configuration.ts';
import type { System } from '../../data/systems/system.ts';
import { aria2, aria2Flags } from './aria2.ts';

/** A web server's files, eight at once. */
export const nginxAndAria2: System = {
  name: 'nginx + aria2 -j8',
  note: 'plaintext HTTP/1.1; `aria2c -j8` with a list of all URLs, which somebody has to make; nothing verified or flushed',
  programs: [nginx, aria2],
  async serve({ workload, folder, target, ends }) {
    const port = await freePort();
    const work = join(folder, 'nginx');
    mkdirSync(work);
    const configuration = join(folder, 'nginx.conf');
    writeFileSync(configuration, nginxConfiguration({ work, shared: workload.folder, listen: `${host}:${port}` }));
    ends.start('sender', nginx.path(), '-p', work, '-e', 'stderr', '-c', configuration);
    await untilListening(port);
    const list = join(folder, 'list');
    writeFileSync(list, [...workload.files.keys()].map((name) => `http://${host}:${port}/${name}\n`).join(''));
    return () => ends.run('receiver', aria2.path(), ...aria2Flags, '-j8', '-d', target, '-i', list);
  },
};
