import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { frameMessage } from '@cardume/client';
import { DownloadResponse, TransferServiceDefinition } from '@cardume/proto/transfer/v1';
import { ChannelCredentials } from '@grpc/grpc-js';
import { afterEach, beforeAll, expect, test } from '@jest/globals';
import { createChannel, createClient } from 'nice-grpc';
import { describeWith } from '../../../tests/support/describe-with.ts';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { findCommand } from '../../../tests/support/find-command.ts';
import { takesNothing } from '../../../tests/support/takes-nothing.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import {
  makeTestAuthority,
  type TestAuthority,
  type TestCertificate,
} from '../../../tests/support/test-certificates.ts';
import { createLogger, type RunningServer, rawStream, type ServerTls, serve, startServer } from '../src/index.ts';

const folder = temporaryFolder();
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(tls: ServerTls, host = '127.0.0.1'): Promise<RunningServer> {
  const server = await startServer({
    listen: { host, port: 0 },
    insecure: false,
    tls,
    services: [
      serve(TransferServiceDefinition, {
        download: rawStream(async (_request, { send }) => {
          const payload = { $case: 'chunk' as const, value: Buffer.from('bytes') };
          await send(frameMessage(DownloadResponse.encode({ payload }).finish()));
        }),
        async *downloadFiles() {},
        async *getManifest() {},
        ...takesNothing,
        async *watchPieces() {},
        listFiles: async () => ({ peerId: 'p' }),
      }),
    ],
    logger: createLogger({ service: 'test', level: 'silent', format: 'json' }),
  });
  stops.push(() => server.stop(0));
  return server;
}

/** Calls both kinds of methods, and gives what they answer. */
async function callBoth(server: RunningServer, credentials: ChannelCredentials): Promise<string[]> {
  const channel = createChannel(`127.0.0.1:${server.address.port}`, credentials);
  stops.push(() => channel.close());
  const client = createClient(TransferServiceDefinition, channel);
  const answers = [(await client.listFiles({})).peerId];
  for await (const { payload } of client.download({})) {
    answers.push(payload?.$case === 'chunk' ? Buffer.from(payload.value).toString() : 'no chunk');
  }
  return answers;
}

const openssl = { name: 'openssl', command: findCommand(['openssl'], 'version') };

describeWith(openssl, 'a server with a certificate', (command) => {
  let authority: TestAuthority;
  let server: TestCertificate;
  let caller: TestCertificate;
  let stranger: TestCertificate;
  const trusted = (certificate?: TestCertificate): ChannelCredentials =>
    ChannelCredentials.createSsl(
      Buffer.from(authority.certificate),
      ...(certificate === undefined ? [] : [Buffer.from(certificate.privateKey), Buffer.from(certificate.certificate)]),
    );

  beforeAll(() => {
    for (const name of ['ours', 'theirs']) mkdirSync(join(folder, name));
    authority = makeTestAuthority(command, join(folder, 'ours'));
    [server, caller] = [authority.issue('server'), authority.issue('caller')];
    stranger = makeTestAuthority(command, join(folder, 'theirs')).issue('stranger');
  });

  test('serves who trusts its authority, on any address', async () => {
    const running = await start(server, '0.0.0.0');
    expect(await callBoth(running, trusted())).toEqual(['p', 'bytes']);
  });

  test('answers nobody in plaintext', async () => {
    const running = await start(server);
    await expect(callBoth(running, ChannelCredentials.createInsecure())).rejects.toMatchObject({ code: 14 });
  });

  test('and an authority for callers serves those alone whom it signed', async () => {
    const running = await start({ ...server, clientAuthority: authority.certificate });
    expect(await callBoth(running, trusted(caller))).toEqual(['p', 'bytes']);
    await expect(callBoth(running, trusted())).rejects.toMatchObject({ code: 14 });
    await expect(callBoth(running, trusted(stranger))).rejects.toMatchObject({ code: 14 });
  });

  test('speaks TLS 1.3, and nothing older', async () => {
    const { address } = await start(server);
    const handshake = (maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<string> => {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      const options = { ca: authority.certificate, ALPNProtocols: ['h2'], maxVersion } as const;
      const socket = connect(address.port, '127.0.0.1', options, () => resolve(socket.getProtocol() ?? 'none'));
      socket.on('error', reject);
      return promise.finally(() => socket.destroy());
    };
    expect(await handshake('TLSv1.3')).toBe('TLSv1.3');
    await expect(handshake('TLSv1.2')).rejects.toMatchObject({ code: expect.stringContaining('VERSION') });
  });

  test('that does not fit its key does not start, and says why', async () => {
    const failure = await failureOf(() => start({ ...server, privateKey: caller.privateKey }));
    expect(failure).toMatchObject({ reason: 'INVALID_FIELD', message: expect.stringContaining('tls') });
  });
});
