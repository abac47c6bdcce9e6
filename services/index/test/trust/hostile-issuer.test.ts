import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger } from '@cardume/service-kit';
import { afterEach, expect, test } from '@jest/globals';
import { failureOf } from '../../../../tests/support/failure-of.ts';
import { IssuerKeys } from '../../src/adapters/trust/oidc/issuer-keys.ts';

const settingsPath = '/.well-known/openid-configuration';
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** Serves HTTP; gives its URL, and what was asked for. */
async function serve(answer: (url: string) => RequestListener): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  let url = '';
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(url)(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, asked };
}

function keysOf(issuer: string): IssuerKeys {
  const logger = createLogger({ service: 'test', level: 'silent' });
  return new IssuerKeys({ issuer, logger, nowMs: () => performance.now() });
}

const json = (settings: unknown, keys: unknown): RequestListener => {
  return ({ url }, response) => void response.end(JSON.stringify(url === settingsPath ? settings : keys));
};

test('an issuer is asked for its settings, and where these say for its keys', async () => {
  const { url, asked } = await serve((issuer) => json({ issuer, jwks_uri: `${issuer}/keys?a=b` }, { keys: [] }));
  await keysOf(url).current();
  expect(asked).toEqual([settingsPath, '/keys?a=b']);
});

test.each<[string, (issuer: string) => RequestListener]>([
  ['is not there', () => (_, response) => void response.writeHead(404).end()],
  ['sends elsewhere', (at) => (_, response) => void response.writeHead(302, { location: `${at}/other` }).end()],
  ['says nothing that is JSON', () => (_, response) => void response.end('<html>')],
  ['gives a list', () => json([], [])],
  ['is another', (at) => json({ issuer: `${at}/`, jwks_uri: `${at}/keys` }, { keys: [] })],
  ['has its keys nowhere', (at) => json({ issuer: at }, {})],
  ['has its keys in a file', (at) => json({ issuer: at, jwks_uri: 'file:///etc/passwd' }, {})],
  ['has its keys in plaintext elsewhere', (at) => json({ issuer: at, jwks_uri: 'http://10.0.0.1/keys' }, {})],
  ['has no keys', (at) => json({ issuer: at, jwks_uri: `${at}/keys` }, { keys: 'all' })],
  ['has keys that are none', (at) => json({ issuer: at, jwks_uri: `${at}/keys` }, { keys: [1, null] })],
  ['says too much', (at) => json({ issuer: at, more: 'x'.repeat(300_000), jwks_uri: `${at}/keys` }, { keys: [] })],
  [
    'hangs up',
    () =>
      ({ socket }) =>
        void socket.destroy(),
  ],
  ['never ends', () => (_, response) => void response.write('{')],
])('an issuer that %s lets nobody in', async (_, answer) => {
  const { url, asked } = await serve(answer);
  const failure = await failureOf(() => keysOf(url).current());
  expect(failure).toMatchObject({ reason: 'ISSUER_UNAVAILABLE' });
  expect(failure.message).not.toContain('127.0.0.1');
  expect(asked).not.toContain('/other');
});
