// A process that ends closes its connections: whoever hears of one of them closes the others, which end in that moment, too.
import { once } from 'node:events';
import { connect } from 'node:http2';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, test } from '@jest/globals';
import { openTappedSocket } from '../src/adapters/grpc/tapped-socket.ts';

const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);

// Ends its half as soon as it was asked something, and leaves the other one open.
const server = createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => undefined);
  socket.write(settings);
  socket.once('data', () => socket.end());
});
let port: number;
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(() => void server.close());

const inTicks = (left: number, then: () => void): void => {
  if (left === 0) then();
  else process.nextTick(inTicks, left - 1, then);
};
const moments: [string, (then: () => void) => void][] = [
  ['at once', (then) => then()],
  ['a tick later', (then) => inTicks(1, then)],
  ['three ticks later', (then) => inTicks(3, then)],
  ['five ticks later', (then) => inTicks(5, then)],
  ['a turn later', (then) => setImmediate(then)],
  ['two turns later', (then) => setImmediate(setImmediate, then)],
];

test.each(moments)('a session whose server ends, and that is closed %s, closes', async (_when, wait) => {
  const { duplex, socket } = openTappedSocket({ host: '127.0.0.1', port }, undefined, 1024 * 1024);
  const session = connect('http://peer', { createConnection: () => duplex });
  session.on('error', () => undefined);
  const call = session.request({ ':path': '/' });
  call.on('error', () => undefined);
  const closed = Promise.all([once(session, 'close'), once(socket, 'close')]);
  // What Node threw here was thrown in C++'s call of JavaScript, which no caller sees: jest, as a process would end.
  socket.once('end', () => wait(() => session.destroy()));
  await closed;
});
