import { join } from 'node:path';
import type { System } from './system.ts';

const programs = join(import.meta.dirname, '../programs');

/** A plain HTTP/2 server and client of Node's own, into a file. */
export const nodeHttp2: System = {
  name: 'Node http2',
  note: 'plaintext, one stream, pooled reads, a window of 8 MiB, into a file; nothing verified or flushed; the start of Node is in its time',
  programs: [],
  async serve({ workload, target, ends }) {
    const server = ends.start('sender', process.execPath, join(programs, 'http2-server.ts'), workload.folder);
    const address = String((await server.waitForObject('listening')).address);
    const names = [...workload.files.keys()];
    return () => ends.run('receiver', process.execPath, join(programs, 'http2-client.ts'), address, target, ...names);
  },
};

/** Node that does nothing. */
export const bareNode: System = {
  name: 'node -e 0',
  note: 'the start of Node alone',
  programs: [],
  serve:
    async ({ ends }) =>
    () =>
      ends.run('receiver', process.execPath, '-e', '0'),
};
