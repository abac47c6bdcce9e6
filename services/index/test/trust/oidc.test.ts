import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openIndex } from '@cardume/client';
import { openChannel } from '@cardume/client/channel';
import { askOidcIssuer, type Network, openNetwork, openUsers, parseInvite } from '@cardume/client/trust';
import { type IndexOptions, type OidcOptions, type RunningIndex, startIndex } from '@cardume/index';
import { EnrollmentServiceDefinition } from '@cardume/proto/trust/v1';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../../tests/support/failure-of.ts';
import { type OidcIssuer, startOidcIssuer } from '../../../../tests/support/oidc-issuer.ts';
import { auditEvent } from '../../../../tests/support/read-audit.ts';
import { temporaryFolder } from '../../../../tests/support/temporary-folder.ts';
import { oidcNamePrefix } from '../../src/core/trust/oidc/oidc-user.ts';

const folder = temporaryFolder();
let count = 0;
const newFolder = (): string => join(folder, `folder-${count++}`);
const closings: (() => unknown)[] = [];
const roles = ['groups=staff:member,groups=it:admin', 'sub=*:reader'];
let issuer: OidcIssuer;

beforeEach(async () => {
  issuer = await startOidcIssuer();
  closings.push(() => issuer.stop());
  issuer.users.set('ana', { sub: 'ana', email: 'Ana@example.org', email_verified: true, groups: ['staff'] });
});
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

async function startNetwork(oidc: Partial<OidcOptions> = {}, options: IndexOptions = {}) {
  const index = await startIndex({
    listen: '127.0.0.1:0',
    logLevel: 'silent',
    authority: newFolder(),
    oidc: { issuer: issuer.url, audiences: ['cardume'], roles, ...oidc },
    ...options,
  });
  closings.push(() => index.stop(0));
  const invites = await index.invites([index.address]);
  if (invites?.oidc === undefined || invites.admin === undefined) throw new Error('there are no invites');
  return { index, invites, invite: parseInvite(invites.oidc), admin: parseInvite(invites.admin) };
}

type Invited = Awaited<ReturnType<typeof startNetwork>>['invite'];

async function enrol(invite: Invited, idToken?: string, folder = newFolder()): Promise<Network> {
  const network = await openNetwork({ folder, ...invite, ...(idToken === undefined ? {} : { idToken }) });
  closings.push(() => network.close());
  return network;
}

async function manage(index: RunningIndex, admin: Invited) {
  const network = await enrol(admin);
  const users = openUsers([index.address], () => network.tlsOfIndex());
  closings.push(() => users.close());
  return users;
}

function clientOf(index: RunningIndex, network: Network) {
  const client = openIndex(index.address, { tls: () => network.tlsOfIndex() });
  closings.push(() => client.close());
  return client;
}

async function usersOf(users: ReturnType<typeof openUsers>) {
  const found: unknown[] = [];
  for await (const { name, role, revokeTime } of users.list()) found.push([name, role, revokeTime !== undefined]);
  return found;
}

const joining = { host: '127.0.0.1', port: 1, shareName: '', files: [] };

describe('a network that takes id tokens', () => {
  test('says where to sign in, and has an invite without a token', async () => {
    const { invite, invites } = await startNetwork();
    expect(invite.token).toBeUndefined();
    const path = invites.paths.at(-1) ?? '';
    expect(path).toMatch(/oidc-invite$/);
    expect(readFileSync(path, 'utf8').trim()).toBe(invites.oidc);
    expect(await askOidcIssuer(invite)).toEqual({ issuer: issuer.url, audiences: ['cardume'] });
    const failure = await failureOf(() => enrol(invite));
    expect(failure.reason).toBe('CERTIFICATE_REFUSED');
    expect(failure.message).toContain(`sign in at ${issuer.url} for cardume`);
  });

  test('lets in whom the issuer signs in, with the role that the claims give', async () => {
    const audit = newFolder();
    const { index, invite, admin } = await startNetwork({}, { audit });
    const ana = await enrol(invite, await issuer.signIn('ana'));
    const name = `${oidcNamePrefix(issuer.url)}ana`;
    expect(await auditEvent(audit, 'enrolled')).toMatchObject({ detail: { proof: 'id_token', user: name } });
    expect(ana.identity).toMatchObject({ user: name, role: 'member' });
    expect((await clientOf(index, ana).join(joining)).peerId).toBe(ana.identity.peerId);
    issuer.users.set('rui', { sub: 'rui', groups: 'it' });
    issuer.users.set('eva', { sub: 'eva', groups: [['staff'], { staff: true }, 7] });
    expect((await enrol(invite, await issuer.signIn('rui'))).identity.role).toBe('admin');
    const eva = await enrol(invite, await issuer.signIn('eva'));
    expect(eva.identity.role).toBe('reader');
    expect((await failureOf(() => clientOf(index, eva).join(joining))).reason).toBe('NOT_ALLOWED');
    const users = await manage(index, admin);
    expect(await usersOf(users)).toContainEqual([name, 'member', false]);
    // Nobody else gets such a name.
    expect((await failureOf(() => users.add(`${oidcNamePrefix(issuer.url)}zoe`, 'member'))).reason).toBe(
      'INVALID_FIELD',
    );
  });

  test('lets in nobody to whom the claims give no role', async () => {
    const { index, invite, admin } = await startNetwork({ roles: ['groups=it:admin'] });
    const failure = await failureOf(async () => enrol(invite, await issuer.signIn('ana')));
    expect(failure).toMatchObject({ reason: 'NOT_ALLOWED', code: 'PERMISSION_DENIED' });
    const names = (await usersOf(await manage(index, admin))).map((user) => (user as string[])[0]);
    expect(names).toEqual(['admin', 'everyone']);
  });

  test('keeps the last role that a token gave, also in renewals', async () => {
    const { index, invite } = await startNetwork({}, { certificateLifetimeMs: 60_000 });
    const folder = newFolder();
    const first = await enrol(invite, await issuer.signIn('ana'), folder);
    first.close();
    issuer.users.set('ana', { sub: 'ana', groups: ['it'] });
    // A certificate that began ten minutes ago and ends in one is due.
    const renewed = await enrol(invite, undefined, folder);
    expect(renewed.identity).toEqual(first.identity);
    renewed.close();
    const promoted = await enrol(invite, await issuer.signIn('ana'), folder);
    expect(promoted.identity).toEqual({ ...first.identity, role: 'admin' });
    promoted.close();
    await issuer.stop();
    const later = await enrol(invite, undefined, folder);
    expect(later.identity.role).toBe('admin');
    // What is no good by now does no harm beside a certificate.
    expect((await enrol(invite, 'an.old.token', folder)).identity.role).toBe('admin');
    expect((await clientOf(index, later).stats()).peerCount).toBe(0);
    expect((await failureOf(() => enrol(invite, 'an.old.token'))).reason).toBe('TOKEN_REFUSED');
    await issuer.start();
  });

  test('throws out who is revoked, whatever the issuer says', async () => {
    const { index, invite, admin } = await startNetwork();
    const [users, ana] = [await manage(index, admin), await enrol(invite, await issuer.signIn('ana'))];
    await users.revoke(ana.identity.user);
    expect((await failureOf(() => clientOf(index, ana).stats())).reason).toBe('CERTIFICATE_REFUSED');
    issuer.users.set('ana', { sub: 'ana', email: 'other@example.org', email_verified: true, groups: ['it'] });
    const failure = await failureOf(async () => enrol(invite, await issuer.signIn('ana')));
    expect(failure).toMatchObject({ reason: 'TOKEN_REFUSED' });
    expect(failure.message).toContain('revoked');
    expect(await usersOf(users)).toContainEqual([ana.identity.user, 'member', true]);
  });

  test('takes an email as a name only when the issuer has verified it', async () => {
    const { invite } = await startNetwork({ userClaim: 'email' });
    const ana = await enrol(invite, await issuer.signIn('ana'));
    expect(ana.identity.user).toBe(`${oidcNamePrefix(issuer.url)}ana@example.org`);
    issuer.users.set('eve', { sub: 'eve', email: 'ana@example.org', email_verified: false, groups: ['it'] });
    issuer.users.set('zoe', { sub: 'zoe', groups: ['it'] });
    issuer.users.set('max', { sub: 'max', email: `${'m'.repeat(64)}@example.org`, email_verified: true });
    for (const [sub, problem] of [
      ['eve', /not verified/],
      ['zoe', /has no email/],
      ['max', /longer than 64 bytes/],
    ] as const) {
      const failure = await failureOf(async () => enrol(invite, await issuer.signIn(sub)));
      expect(failure.reason).toBe('TOKEN_REFUSED');
      expect(failure.message).toMatch(problem);
    }
  });

  test('says when the issuer is away, and lets in those with invites meanwhile', async () => {
    const { invite, admin } = await startNetwork();
    const token = await issuer.signIn('ana');
    await issuer.stop();
    expect(await failureOf(() => enrol(invite, token))).toMatchObject({
      reason: 'ISSUER_UNAVAILABLE',
      code: 'UNAVAILABLE',
    });
    expect((await enrol(admin)).identity.user).toBe('admin');
    await issuer.start();
    expect((await enrol(invite, token)).identity.role).toBe('member');
  });

  test('refuses what is too long, both kinds of tokens at once, and slows down who tries', async () => {
    const { index, invite, admin } = await startNetwork();
    const network = await enrol(admin);
    const channel = openChannel(index.address, 'index', network.tlsOfIndex());
    closings.push(() => channel.close());
    const enrolment = channel.client(EnrollmentServiceDefinition);
    const signingRequest = new Uint8Array();
    const idToken = await issuer.signIn('ana');
    for (const request of [
      { idToken: `${idToken}${'A'.repeat(16_384)}` },
      { idToken: 'x'.repeat(3_000_000) },
      { idToken, token: admin.token ?? '' },
      { idToken: 'words' },
    ]) {
      const failure = await failureOf(() => enrolment.enroll({ signingRequest, ...request }));
      expect(failure).toMatchObject({ reason: 'INVALID_FIELD', metadata: { field: 'id_token' } });
    }
    expect((await failureOf(() => enrol(invite, 'x'.repeat(20_000)))).metadata).toEqual({ field: 'idToken' });
    expect((await failureOf(() => enrol(admin, idToken))).reason).toBe('INVALID_FIELD');
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const failure = await failureOf(() => enrolment.enroll({ signingRequest, idToken: 'a.b.c' }));
      expect(failure.reason).toBe('TOKEN_REFUSED');
    }
    expect((await failureOf(() => enrolment.enroll({ signingRequest, idToken }))).reason).toBe('LIMIT_REACHED');
  });
});

test('a network without an issuer takes no id tokens, and says none', async () => {
  const { invite } = await startNetwork();
  const index = await startIndex({ listen: '127.0.0.1:0', logLevel: 'silent', authority: newFolder() });
  closings.push(() => index.stop(0));
  const other = { networkId: index.networkId ?? '', addresses: [index.address] as const };
  expect((await index.invites([index.address]))?.oidc).toBeUndefined();
  expect(await askOidcIssuer({ ...other, addresses: [index.address] })).toBeUndefined();
  const token = await issuer.signIn('ana');
  expect((await failureOf(() => enrol({ ...other, addresses: [index.address] }, token))).reason).toBe('TOKEN_REFUSED');
  // Nor is another network taken for the one that was asked.
  const misled = { ...invite, networkId: other.networkId };
  expect((await failureOf(() => askOidcIssuer(misled))).reason).toBe('CERTIFICATE_REFUSED');
});
