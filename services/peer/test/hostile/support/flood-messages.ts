// Sends one and the same message to a method as often as it can, without a certificate, for so long: `flood-messages.ts HOST:PORT
// MESSAGE-FILE OPTIONS-AS-JSON`. A connection that is cut is made anew. Says when it begins, and at the end how many calls it made, how many of
// them ended with which status of gRPC, or were reset with which code of HTTP/2, and how many connections were cut.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type ClientHttp2Session, connect } from 'node:http2';

interface Options {
  path: string;
  connections: number;
  /** How many calls of each connection are under way. */
  atOnce: number;
  durationMs: number;
}

const [, , address = '', messageFile = '', text = '{}'] = process.argv;
const { path, connections, atOnce, durationMs }: Options = JSON.parse(text);
const message = readFileSync(messageFile);
const prefix = Buffer.alloc(5);
prefix.writeUInt32BE(message.length, 1);
const framed = Buffer.concat([prefix, message]);
const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
const startMs = performance.now();
const statuses = new Map<string, number>();
let [begun, cut] = [0, 0];

const isOver = (): boolean => performance.now() - startMs >= durationMs;

function note(status: string): void {
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
}

async function callOnce(session: ClientHttp2Session): Promise<void> {
  begun += 1;
  let status: string | undefined;
  const take = (received: Record<string, unknown>): void => {
    if (received['grpc-status'] !== undefined) status = String(received['grpc-status']);
  };
  const stream = session.request(headers);
  stream.on('response', take).on('trailers', take);
  stream.on('error', () => {});
  stream.resume().end(framed);
  await new Promise((resolve) => stream.once('close', resolve));
  note(status ?? `reset ${stream.rstCode}`);
}

async function floodOnce(): Promise<void> {
  const session = connect(`https://${address}`, { rejectUnauthorized: false, settings: { enablePush: false } });
  session.on('error', () => {});
  const closed = new Promise((resolve) => session.once('close', resolve));
  await Promise.race([once(session, 'remoteSettings').catch(() => undefined), closed]);
  const callOn = async (): Promise<void> => {
    while (!isOver() && !session.closed && !session.destroyed) await callOnce(session);
  };
  await Promise.all(Array.from({ length: atOnce }, callOn));
  if (!isOver()) cut += 1;
  session.destroy();
  await closed;
}

async function floodOn(): Promise<void> {
  while (!isOver()) await floodOnce();
}

console.log(JSON.stringify({ type: 'flooding' }));
await Promise.all(Array.from({ length: connections }, floodOn));
const seconds = Math.round(performance.now() - startMs) / 1_000;
console.log(JSON.stringify({ type: 'flooded', begun, cut, seconds, statuses: Object.fromEntries(statuses) }));
