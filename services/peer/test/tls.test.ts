import { join } from 'node:path';
import { TransferServiceDefinition } from '@cardume/proto/transfer/v1';
import { ChannelCredentials } from '@grpc/grpc-js';
import { expect, test } from '@jest/globals';
import { createChannel, createClient } from 'nice-grpc';
import { describeWith } from '../../../tests/support/describe-with.ts';
import { findCommand } from '../../../tests/support/find-command.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { makeTestAuthority, type TestCertificate } from '../../../tests/support/test-certificates.ts';
import { patterned, usePeers, writeFiles } from './support/start-test-peer.ts';

const folder = temporaryFolder();
const startPeer = usePeers();
const openssl = { name: 'openssl', command: findCommand(['openssl'], 'version') };

describeWith(openssl, 'a peer with a certificate', (command) => {
  test('serves those whom its authority knows, also beyond loopback, and nobody else', async () => {
    const authority = makeTestAuthority(command, folder);
    const content = patterned(3_000_000);
    writeFiles(join(folder, 'share'), { file: content });
    const { peer } = await startPeer({
      paths: [join(folder, 'share')],
      stateFolder: join(folder, 'state'),
      listen: '0.0.0.0:0',
      tls: { ...authority.issue('peer'), clientAuthority: authority.certificate },
    });
    const download = async (caller?: TestCertificate): Promise<Buffer> => {
      const pair = caller === undefined ? [] : [caller.privateKey, caller.certificate].map((pem) => Buffer.from(pem));
      const credentials = ChannelCredentials.createSsl(Buffer.from(authority.certificate), ...pair);
      const channel = createChannel(`127.0.0.1:${peer.address.port}`, credentials);
      try {
        const chunks: Uint8Array[] = [];
        for await (const { payload } of createClient(TransferServiceDefinition, channel).download({ name: 'file' })) {
          if (payload?.$case === 'chunk') chunks.push(payload.value);
        }
        return Buffer.concat(chunks);
      } finally {
        channel.close();
      }
    };
    expect((await download(authority.issue('caller'))).equals(content)).toBe(true);
    await expect(download()).rejects.toMatchObject({ code: 14 });
  });
});
