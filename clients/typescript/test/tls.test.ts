import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningPeer, startPeer } from '@cardume/peer';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWith } from '../../../tests/support/describe-with.ts';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { findCommand } from '../../../tests/support/find-command.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import {
  makeTestAuthority,
  type TestAuthority,
  type TestCertificate,
} from '../../../tests/support/test-certificates.ts';
import { type ClientTls, connect, openPeer } from '../src/index.ts';
import { patternBytes } from './support/pattern.ts';

const root = temporaryFolder();
const content = patternBytes(3_000_000);
const openssl = { name: 'openssl', command: findCommand(['openssl'], 'version') };

describeWith(openssl, 'downloads over TLS', (command) => {
  let authority: TestAuthority;
  let caller: TestCertificate;
  let peer: RunningPeer;

  beforeAll(async () => {
    for (const folder of ['pem', 'others', 'shared']) mkdirSync(join(root, folder));
    for (const name of ['one', 'two']) writeFileSync(join(root, 'shared', name), content);
    authority = makeTestAuthority(command, join(root, 'pem'));
    caller = authority.issue('caller');
    peer = await startPeer({
      paths: [join(root, 'shared')],
      index: '127.0.0.1:1',
      stateFolder: join(root, 'state'),
      logLevel: 'silent',
      tls: { ...authority.issue('peer'), clientAuthority: authority.certificate },
    });
  });
  afterAll(() => peer.stop(0));

  const get = async (tls: ClientTls | undefined): Promise<string> => {
    const cardume = connect(tls === undefined ? {} : { tls });
    try {
      const { path } = await cardume.get('one', { folder: join(root, 'got'), from: peer.address, overwrite: true });
      return path;
    } finally {
      cardume.close();
    }
  };

  test('bring the very bytes, when each end trusts the other', async () => {
    const path = await get({ authority: authority.certificate, ...caller });
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  test('bring nothing when one does not: no certificate, one of others, another authority, no TLS', async () => {
    const others = makeTestAuthority(command, join(root, 'others'));
    const stranger = others.issue('stranger');
    const tries: (ClientTls | undefined)[] = [
      { authority: authority.certificate },
      { authority: authority.certificate, ...stranger },
      { authority: others.certificate, ...caller },
      undefined,
    ];
    for (const tls of tries) {
      const client = openPeer(peer.address, tls === undefined ? {} : { tls });
      let bytes = 0;
      const { digest } = { digest: 'a'.repeat(64) };
      const call = client.receive({ digest }, { onFile: () => undefined, onBytes: () => (bytes += 1) });
      // What the server says of a certificate may be lost with the connection.
      expect(['UNREACHABLE', 'CERTIFICATE_REFUSED']).toContain((await failureOf(() => call.ended)).reason);
      expect(bytes).toBe(0);
      client.close();
    }
  });

  test('bring nothing from a host that the certificate does not name', async () => {
    // 127.0.0.2 is the same machine, and no name in the certificate.
    const elsewhere = await startPeer({
      paths: [join(root, 'shared')],
      index: '127.0.0.1:1',
      listen: '127.0.0.2:0',
      stateFolder: join(root, 'state-2'),
      logLevel: 'silent',
      tls: authority.issue('elsewhere'),
    });
    const client = openPeer(elsewhere.address, { tls: { authority: authority.certificate } });
    try {
      const error = await failureOf(() => client.describe({ name: 'one' }));
      expect(error.reason).toBe('UNREACHABLE');
      expect(error.message).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
    } finally {
      client.close();
      await elsewhere.stop(0);
    }
  });
});
