// Opens calls of members and never sends their messages: `half-open-streams.ts PORT SERVERNAME IDENTITIES-FILE OPTIONS-AS-JSON`. Prints how many
// it began once all are on their way, and at the end, on SIGTERM, how many of them the server had ended.
import { readFileSync } from 'node:fs';
import { connectFrames, type RawHttp2, type RawIdentity } from './raw-http2.ts';

interface Options {
  paths: string[];
  connections: number;
  callsPerConnection: number;
  headers?: Record<string, string>;
  reset?: boolean;
}

const [, , port = '0', servername = '', file = '', text = '{}'] = process.argv;
const identities: RawIdentity[] = JSON.parse(readFileSync(file, 'utf8'));
const { paths, connections, callsPerConnection, headers = {}, reset = false }: Options = JSON.parse(text);
const open: RawHttp2[] = [];
let begun = 0;
let closedCount = 0;
for (let at = 0; at < connections; at += 1) {
  const identity = identities[at % identities.length];
  if (identity === undefined) throw new Error('there is no identity');
  const connection = await connectFrames(Number(port), servername, identity);
  void connection.closed.then(() => {
    closedCount += 1;
  });
  open.push(connection);
  for (const path of paths) {
    const count = callsPerConnection / paths.length;
    connection.begin({ path, headers }, count, reset);
    begun += count;
  }
}
const tell = (type: string): void => {
  const ended = open.reduce((sum, { endedCount }) => sum + endedCount, 0);
  console.log(JSON.stringify({ type, begun, ended, closed: closedCount }));
};
tell('begun');
process.once('SIGTERM', () => {
  tell('ended');
  process.exit(0);
});
setInterval(() => {}, 60_000);
