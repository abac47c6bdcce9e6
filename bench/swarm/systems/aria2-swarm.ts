import { nginx } from '../../data/systems/nginx-and-curl.ts';
import { onMember } from '../network.ts';
import { whenDone } from '../when-done.ts';
import { aria2, aria2Flags } from './aria2.ts';
import { nginxAddress, startNginx } from './nginx-source.ts';
import type { SwarmSystem } from './swarm-system.ts';

/** aria2 with the URL of every source: a connection to each. */
export const aria2Swarm: SwarmSystem = {
  name: 'nginx + aria2',
  note: 'nginx on each source, `aria2c -x1 -s K -j1 -k1M` with all K URLs; nothing verified or flushed',
  programs: [nginx, aria2],
  async open({ workload, folder, sources, ends }) {
    const [name = ''] = workload.files.keys();
    return {
      startSource: (member, shared) => startNginx(member, shared, folder, ends),
      async download(member, target, signal) {
        const urls = sources.map((source) => `http://${nginxAddress(source)}/${name}`);
        const flags = ['-x1', '-s', String(sources.length), '-j1', '-d', target, '-o', name];
        const command = onMember(member, aria2.path(), ...aria2Flags, ...flags, ...urls);
        await whenDone(ends.start('receiver', ...command), signal);
      },
    };
  },
};
