import { createSocket } from 'node:dgram';
import { promises as dns, getServers, setServers } from 'node:dns';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { openIndex } from '../src/index.ts';
import { startFailingIndex } from './support/failing-index.ts';

/** Has this process ask a name server of its own, which knows no name; gives the names that it is asked for. */
async function useNameServer(): Promise<AsyncDisposable & { names: string[] }> {
  const names: string[] = [];
  const socket = createSocket('udp4', (query, { port, address }) => {
    const [label = ''] = query.toString('latin1', 13).split('\0');
    names.push(label);
    // The question, sent back as an answer (QR) that there is no such name (RCODE 3).
    query[2] = (query[2] ?? 0) | 0x80;
    query[3] = ((query[3] ?? 0) & 0xf0) | 3;
    socket.send(query, port, address);
  });
  await once(socket.bind(0, '127.0.0.1'), 'listening');
  const before = getServers();
  setServers([`127.0.0.1:${socket.address().port}`]);
  return {
    names,
    async [Symbol.asyncDispose]() {
      setServers(before);
      socket.close();
    },
  };
}

test('a name that the system knows is asked of no name server: one that is silent would hold up the process', async () => {
  await using server = await startFailingIndex();
  await using nameServer = await useNameServer();
  const index = openIndex({ host: 'localhost', port: server.port });
  expect(await failureOf(() => index.search({ query: 'x' }))).toMatchObject({ reason: 'FILE_NOT_SHARED' });
  index.close();
  // Whatever was asked before this has come before it.
  await expect(dns.resolveTxt('last')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  expect(nameServer.names).toEqual(['last']);
});
