import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Configuration, type JWK } from 'oidc-provider';
import { decoded } from './decoded-token.ts';
import { createOidcStore } from './oidc-store.ts';

/** A user of the issuer, with what its id tokens say. */
export interface OidcUser {
  sub: string;
  email?: string;
  email_verified?: boolean;
  groups?: unknown;
}

/** A real OpenID Connect provider that runs here. */
export interface OidcIssuer {
  /** Its URL, as in `iss`. */
  readonly url: string;
  /** How often its keys were asked for. */
  readonly keyRequests: number;
  /** Who can sign in; each sign-in says what is here by then. */
  readonly users: Map<string, OidcUser>;
  /** Signs a user in, as a browser and a client do, by the authorization code flow with PKCE. @returns the id token */
  signIn(sub: string, clientId?: string): Promise<string>;
  /** The access token that comes beside it. */
  accessTokenOf(sub: string): Promise<string>;
  /** Goes on with another key, the one before gone. */
  rotateKey(): void;
  /** The private key that it signs with now. */
  readonly key: JWK;
  stop(): Promise<void>;
  /** Comes back at the same address. */
  start(): Promise<void>;
}

const clientIds = ['cardume', 'another-app'];
const redirectUri = 'https://client.example/signed-in';

/** Starts an issuer on a free port of loopback. */
export async function startOidcIssuer(): Promise<OidcIssuer> {
  const users = new Map<string, OidcUser>();
  let handle: (request: IncomingMessage, response: ServerResponse) => unknown = () => undefined;
  let keyRequests = 0;
  const listen = async (port: number) => {
    const server = createServer((request, response) => {
      if (request.url === '/jwks') keyRequests += 1;
      handle(request, response);
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return server;
  };
  let server = await listen(0);
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  let key = newKey();
  const provide = (): void => {
    const provider = new Provider(url, configuration(users, key));
    const answer = provider.callback();
    handle = (request, response) =>
      request.url?.startsWith('/interaction/') === true
        ? login(provider, request, response)
        : answer(request, response);
  };
  provide();

  const tokens = async (sub: string, clientId: string): Promise<Record<string, string>> => {
    const verifier = randomBytes(32).toString('base64url');
    const query = new URLSearchParams({
      client_id: clientId,
      response_type: 'code',
      scope: 'openid email groups',
      redirect_uri: redirectUri,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      login_hint: sub,
    });
    const code = await codeOf(`${url}/auth?${query}`);
    const response = await fetch(`${url}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: clientId,
        redirect_uri: redirectUri,
        code,
        code_verifier: verifier,
      }),
    });
    return (await response.json()) as Record<string, string>;
  };
  return {
    url,
    users,
    get keyRequests() {
      return keyRequests;
    },
    get key() {
      return key;
    },
    async signIn(sub, clientId = 'cardume') {
      const { id_token: idToken = '' } = await tokens(sub, clientId);
      if (decoded(idToken).payload.sub !== sub) throw new Error(`${sub} was not signed in`);
      return idToken;
    },
    async accessTokenOf(sub) {
      return (await tokens(sub, 'cardume')).access_token ?? '';
    },
    rotateKey() {
      key = newKey();
      provide();
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    async start() {
      server = await listen(port);
    },
  };
}

function newKey(): JWK {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    ...privateKey.export({ format: 'jwk' }),
    alg: 'ES256',
    use: 'sig',
    kid: randomBytes(8).toString('hex'),
  } as JWK;
}

function configuration(users: ReadonlyMap<string, OidcUser>, key: JWK): Configuration {
  return {
    clients: clientIds.map((id) => ({
      client_id: id,
      token_endpoint_auth_method: 'none',
      redirect_uris: [redirectUri],
      id_token_signed_response_alg: 'ES256',
    })),
    adapter: createOidcStore(),
    jwks: { keys: [key] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], groups: ['groups'] },
    // In the id token itself, as the issuers do that organisations have.
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    ttl: { AccessToken: 3_600, AuthorizationCode: 60, Grant: 3_600, IdToken: 3_600, Interaction: 60, Session: 60 },
    findAccount: (_, sub) => {
      const user = users.get(sub);
      return user === undefined ? undefined : { accountId: sub, claims: async () => ({ ...user }) };
    },
    async loadExistingGrant(context) {
      const { client, session, provider } = context.oidc;
      if (client === undefined || session?.accountId === undefined) return undefined;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid email groups');
      await grant.save();
      return grant;
    },
  };
}

/** The page where users sign in: it believes the hint. */
async function login(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { params } = await provider.interactionDetails(request, response);
  await provider.interactionFinished(request, response, { login: { accountId: String(params.login_hint) } });
}

/** Goes where a browser would be sent, with its cookies, until the client gets the code. */
async function codeOf(start: string): Promise<string> {
  const cookies = new Map<string, string>();
  let at = start;
  for (let step = 0; step < 8; step += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(at, { redirect: 'manual', headers: { cookie } });
    await response.body?.cancel();
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) throw new Error(`${at} answered ${response.status}`);
    const next = new URL(location, at);
    const code = next.searchParams.get('code');
    if (code !== null) return code;
    at = next.href;
  }
  throw new Error('the issuer sends its browser in circles');
}
