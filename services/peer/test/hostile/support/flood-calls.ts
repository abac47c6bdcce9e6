// Calls a method as often as it can, as one member, for so long: `flood-calls.ts PORT SERVERNAME IDENTITY-FILE OPTIONS-AS-JSON`. A connection
// that is cut is made anew. Prints at the end how the calls ended, by their gRPC status, and how many connections there were.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type ClientHttp2Session, connect } from 'node:http2';
import type { RawIdentity } from './raw-http2.ts';

interface Options {
  path: string;
  /** The message, as hex digits. */
  message: string;
  connections: number;
  /** How many calls of each connection are under way. */
  atOnce: number;
  durationMs: number;
}

const [, , port = '0', servername = '', file = '', text = '{}'] = process.argv;
const { certificate: cert, privateKey: key, authority: ca }: RawIdentity = JSON.parse(readFileSync(file, 'utf8'));
const { path, message, connections, atOnce, durationMs }: Options = JSON.parse(text);
const prefix = Buffer.alloc(5);
prefix.writeUInt32BE(message.length / 2, 1);
const framed = Buffer.concat([prefix, Buffer.from(message, 'hex')]);
const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
const endMs = performance.now() + durationMs;
const outcomes: Record<string, number> = {};
let connected = 0;

const isOver = (): boolean => performance.now() >= endMs;

async function call(session: ClientHttp2Session): Promise<void> {
  const stream = session.request(headers);
  let status = 'none';
  const read = (block: Record<string, unknown>): void => {
    if ('grpc-status' in block) status = String(block['grpc-status']);
  };
  stream
    .on('response', read)
    .on('trailers', read)
    .on('error', () => {})
    .resume();
  stream.end(framed);
  await once(stream, 'close').catch(() => undefined);
  outcomes[status] = (outcomes[status] ?? 0) + 1;
}

async function floodOnce(): Promise<void> {
  const session = connect(`https://127.0.0.1:${port}`, { cert, key, ca, servername });
  session.on('error', () => {});
  const closed = once(session, 'close').catch(() => undefined);
  await Promise.race([once(session, 'remoteSettings').catch(() => undefined), closed]);
  connected += 1;
  const callOn = async (): Promise<void> => {
    while (!isOver() && !session.closed && !session.destroyed) await call(session);
  };
  await Promise.all(Array.from({ length: atOnce }, callOn));
  session.destroy();
}

async function floodOn(): Promise<void> {
  while (!isOver()) await floodOnce();
}

await Promise.all(Array.from({ length: connections }, floodOn));
console.log(JSON.stringify({ type: 'flooded', outcomes, connected }));
