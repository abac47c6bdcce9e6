// Calls a method as often as it can, as one member, for so long: `flood-calls.ts PORT SERVERNAME IDENTITY-FILE OPTIONS-AS-JSON`. A connection
// that is cut is made anew. Prints at the end how many calls it made, how many of them were ended with a status, and how many
// connections were cut.
import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { connectFrames, type RawIdentity } from './raw-http2.ts';

interface Options {
  path: string;
  connections: number;
  /** How many calls of each connection are under way. */
  atOnce: number;
  durationMs: number;
}

const [, , port = '0', servername = '', file = '', text = '{}'] = process.argv;
const identity: RawIdentity = JSON.parse(readFileSync(file, 'utf8'));
const { path, connections, atOnce, durationMs }: Options = JSON.parse(text);
const endMs = performance.now() + durationMs;
let [begun, ended, cut] = [0, 0, 0];

const isOver = (): boolean => performance.now() >= endMs;

async function floodOnce(): Promise<void> {
  const connection = await connectFrames(Number(port), servername, identity);
  let isClosed = false;
  void connection.closed.then(() => {
    isClosed = true;
  });
  let own = 0;
  while (!isOver() && !isClosed) {
    const room = atOnce - (own - connection.endedCount);
    connection.begin({ path, message: '' }, room);
    own += room;
    await setImmediate();
  }
  begun += own;
  ended += connection.endedCount;
  if (isClosed) cut += 1;
  connection.close();
}

async function floodOn(): Promise<void> {
  while (!isOver()) await floodOnce();
}

await Promise.all(Array.from({ length: connections }, floodOn));
console.log(JSON.stringify({ type: 'flooded', begun, ended, cut }));
