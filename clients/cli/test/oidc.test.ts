import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import { type OidcIssuer, startOidcIssuer } from '../../../tests/support/oidc-issuer.ts';

const cardume = cardumeCommand();
const invite = join(cardume.folder, 'oidc.invite');
let issuer: OidcIssuer;
let machines = 0;

beforeAll(async () => {
  issuer = await startOidcIssuer();
  issuer.users.set('ana', { sub: 'ana', groups: ['staff'] });
  issuer.users.set('rui', { sub: 'rui', groups: ['it'] });
  const roles = 'groups=staff:member,groups=it:admin';
  const process = cardume.start([
    ...['index', '--listen', '127.0.0.1:0', '--json', '--authority', join(cardume.folder, 'authority')],
    ...['--oidc-issuer', issuer.url, '--oidc-audience', 'cardume', '--oidc-roles', roles],
  ]);
  const { oidcInvite, invite: tokenInvite } = await process.waitForObject('listening');
  expect(oidcInvite).not.toBe(tokenInvite);
  writeFileSync(invite, `${oidcInvite}\n`);
});
afterAll(() => issuer.stop());

/** The environment of another machine. */
function newMachine(variables: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const home = join(cardume.folder, `machine-${machines++}`);
  mkdirSync(home);
  return { ...cardume.env, HOME: home, CARDUME_INDEX: `file:${invite}`, ...variables };
}

describe('an invite without a token', () => {
  test('is enough with an id token in the variable, and later with nothing', async () => {
    const env = newMachine({ CARDUME_ID_TOKEN: await issuer.signIn('ana') });
    expect(await cardume.run(['index', 'stats', '--json'], { env })).toMatchObject({ code: 0, stderr: '' });
    const { CARDUME_ID_TOKEN: _, CARDUME_INDEX: __, ...later } = env;
    expect(await cardume.run(['index', 'stats', '--json'], { env: later })).toMatchObject({ code: 0, stderr: '' });
  });

  test('says where to sign in without one', async () => {
    const { code, stderr } = await cardume.run(['search', 'x'], { env: newMachine({ CARDUME_ID_TOKEN: '' }) });
    expect(code).toBe(1);
    expect(stderr).toContain(`sign in at ${issuer.url} for cardume`);
    expect(stderr).toContain('--id-token-file');
  });

  test('takes an id token from a file, and gives the role that the issuer says', async () => {
    const path = join(cardume.folder, 'rui.token');
    writeFileSync(path, `\n${await issuer.signIn('rui')}\n`);
    const env = newMachine();
    const args = ['index', 'user', 'list', '--json', '--id-token-file', path];
    const { code, stdout } = await cardume.run(args, { env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/"name":"oidc-[0-9a-f]{8}:rui","role":"admin"/);
    // A member manages nobody.
    const ana = newMachine({ CARDUME_ID_TOKEN: await issuer.signIn('ana') });
    expect(await cardume.run(['index', 'user', 'list'], { env: ana })).toMatchObject({ code: 4, stdout: '' });
  });

  test('tells what is wrong with a file, and nothing of what is in it', async () => {
    const path = join(cardume.folder, 'wrong.token');
    const run = async (content: string) => {
      writeFileSync(path, content);
      const { code, stdout, stderr } = await cardume.run(['peers', '--id-token-file', path], { env: newMachine() });
      return { code, stdout, stderr };
    };
    expect(await run('secret words')).toMatchObject({ code: 2, stderr: expect.stringMatching(/is no id token/) });
    expect((await run('secret words')).stderr).not.toContain('secret');
    expect(await run('')).toMatchObject({ code: 2, stderr: expect.stringMatching(/is empty/) });
    expect(await run('x'.repeat(1_000_000))).toMatchObject({ code: 2, stderr: expect.stringMatching(/at most 16384/) });
    expect(await run('a.b.c')).toMatchObject({ code: 1, stderr: expect.stringMatching(/no id token, which/) });
    const missing = await cardume.run(['peers', '--id-token-file', `${path}.none`], { env: newMachine() });
    expect(missing.stderr).toContain(`${path}.none`);
    expect(missing.code).toBe(1);
  });
});

test('the index keeps the invite beside its authority', () => {
  expect(readFileSync(join(cardume.folder, 'authority', 'oidc-invite'), 'utf8')).toBe(readFileSync(invite, 'utf8'));
});

describe('wrong flags', () => {
  test.each([
    [['--oidc-audience', 'a'], /--oidc-issuer: is missing/],
    [['--oidc-issuer', 'https://a.example', '--oidc-roles', 'a=b:reader'], /--oidc-audience: 1 to 8/],
    [['--oidc-issuer', 'https://a.example', '--oidc-audience', 'a'], /--oidc-roles: must be given/],
    [
      ['--oidc-issuer', 'http://a.example', '--oidc-audience', 'a', '--oidc-roles', 'a=b:reader'],
      /--oidc-issuer: must be an https URL/,
    ],
  ])('%j', async (flags, problem) => {
    const authority = ['--authority', join(cardume.folder, 'unused')];
    const { code, stderr } = await cardume.run(['index', '--listen', '127.0.0.1:0', ...authority, ...flags]);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(problem) });
  });

  test('are those without certificates', async () => {
    const flags = ['--oidc-issuer', 'https://a.example', '--oidc-audience', 'a', '--oidc-roles', 'a=b:reader'];
    const { code, stderr } = await cardume.run(['index', '--listen', '127.0.0.1:0', ...flags]);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(/--authority FOLDER/) });
  });
});
