// A real process that is stopped: its kernel keeps the connection, and nobody answers on it.
import { expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { startProcess } from '../../../tests/support/start-process.ts';
import { openGrpcSession } from '../src/adapters/grpc/grpc-session.ts';
import { WholeMessageReader } from '../src/adapters/grpc/whole-message-reader.ts';

const silentServer = `
  const server = require('node:http2').createServer();
  server.on('stream', (stream) => stream.respond({ ':status': 200, 'content-type': 'application/grpc' }));
  server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ type: 'listening', port: server.address().port })));
`;

test('a call at a process that is stopped ends, and one at a process that merely says nothing goes on', async () => {
  const server = startProcess(process.execPath, ['-e', silentServer], {});
  try {
    const { port } = await server.waitForObject('listening');
    const address = { host: '127.0.0.1', port: Number(port) };
    const session = openGrpcSession(address, { keepAlive: { everyMs: 50, timeoutMs: 500 } });
    const call = session.call('/a/b', new Uint8Array(), new WholeMessageReader('peer x', () => undefined));
    let ended = false;
    const failure = failureOf(() => call.ended.finally(() => (ended = true)));
    // Twenty questions, all answered.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(ended).toBe(false);
    process.kill(server.pid, 'SIGSTOP');
    expect(await failure).toMatchObject({
      reason: 'UNREACHABLE',
      message: `peer 127.0.0.1:${port} said nothing for 0.5 s`,
    });
    session.close();
  } finally {
    process.kill(server.pid, 'SIGCONT');
    await server.stop();
  }
});
