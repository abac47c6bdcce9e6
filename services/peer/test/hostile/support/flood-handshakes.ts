// Has a server make handshakes of TLS as often as it can, for so long, and makes none itself: `flood-handshakes.ts OPTIONS-AS-JSON`. Each
// connection sends one and the same greeting, to which the server has to find a key and sign, and ends when the answer comes. Says when it
// begins, and at the end how many connections it made, and how many were answered, and how many were cut.
import { connect, createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

interface Options {
  host: string;
  port: number;
  servername: string;
  /** Where the connections come from, by turns. Default: where the system likes. */
  from?: string[];
  /** How many connections are under way. */
  atOnce: number;
  durationMs: number;
}

const { host, port, servername, from = [], atOnce, durationMs }: Options = JSON.parse(process.argv[2] ?? '{}');

/** What a client of TLS says first, as one says it to a listener that answers nothing. */
async function recordGreeting(): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const listener = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (data) => {
      resolve(data);
      socket.destroy();
    });
  });
  await new Promise<void>((listening) => listener.listen(0, '127.0.0.1', listening));
  const bound = listener.address();
  if (typeof bound !== 'object' || bound === null) throw new Error('it does not listen');
  connectTls({ port: bound.port, servername, ALPNProtocols: ['h2'] }).on('error', () => {});
  const greeting = await promise;
  listener.close();
  return greeting;
}

const greeting = await recordGreeting();
const startMs = performance.now();
let [made, answered, cut] = [0, 0, 0];

async function floodOn(): Promise<void> {
  while (performance.now() - startMs < durationMs) {
    const localAddress = from[made % from.length];
    made += 1;
    const socket: Socket = connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) });
    let isAnswered = false;
    socket.on('error', () => {});
    socket.once('connect', () => socket.write(greeting));
    socket.once('data', () => {
      isAnswered = true;
      // A reset keeps no port waiting.
      socket.resetAndDestroy();
    });
    await new Promise((resolve) => socket.once('close', resolve));
    if (isAnswered) answered += 1;
    else cut += 1;
  }
}

console.log(JSON.stringify({ type: 'flooding' }));
await Promise.all(Array.from({ length: atOnce }, floodOn));
const seconds = Math.round(performance.now() - startMs) / 1_000;
console.log(JSON.stringify({ type: 'flooded', made, answered, cut, seconds }));
