import { curl, nginx } from '../../data/systems/nginx-and-curl.ts';
import { onMember } from '../network.ts';
import { whenDone } from '../when-done.ts';
import { nginxAddress, startNginx } from './nginx-source.ts';
import type { SwarmSystem } from './swarm-system.ts';

/** A plain TCP stream from each source, which brings its share of the file to nowhere: what the links carry. */
export const curlStreams: SwarmSystem = {
  name: 'links alone',
  note: 'nginx on each source and a curl for each, which asks for its share of the file and writes it to /dev/null: what the links carry through plain TCP',
  programs: [nginx, curl],
  keepsNothing: true,
  async open({ workload, folder, sources, ends }) {
    const [name = ''] = workload.files.keys();
    return {
      startSource: (member, shared) => startNginx(member, shared, folder, ends),
      async download(member, _target, signal) {
        const share = Math.ceil(workload.sizeBytes / sources.length);
        const streams = sources.map((source, index) => {
          const range = `${index * share}-${Math.min((index + 1) * share, workload.sizeBytes) - 1}`;
          const flags = ['-sSf', '--range', range, '-o', '/dev/null', `http://${nginxAddress(source)}/${name}`];
          return whenDone(ends.start('receiver', ...onMember(member, curl.path(), ...flags)), signal);
        });
        await Promise.all(streams);
      },
    };
  },
};
