// What a peer has before it enrols; what the network gives it is tested where the network is: services/index/test/trust.
import { createPrivateKey } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../../tests/support/failure-of.ts';
import { newFolders } from '../../../../tests/support/new-folders.ts';
import { temporaryFolder } from '../../../../tests/support/temporary-folder.ts';
import { createSecretFile, openIdentityFolder, replaceTrustFile } from '../../src/trust.ts';

const newFolder = newFolders(temporaryFolder());
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('the folder of an identity', () => {
  test('is made with a key that only its owner may read, and keeps that key', async () => {
    const folder = join(await newFolder(), 'a', 'identity');
    const identity = await openIdentityFolder(folder);
    expect(identity).toMatchObject({ path: folder, membership: undefined });
    expect([folder, join(folder, 'key.pem')].map(modeOf)).toEqual(['700', '600']);
    expect(readdirSync(folder)).toEqual(['key.pem']);
    expect(createPrivateKey(identity.privateKey).asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    const again = await openIdentityFolder(folder);
    expect([again.privateKey, again.peerId]).toEqual([identity.privateKey, identity.peerId]);
  });

  test('has one key when many begin it at once', async () => {
    const folder = join(await newFolder(), 'identity');
    const all = await Promise.all(Array.from({ length: 8 }, () => openIdentityFolder(folder)));
    expect(new Set(all.map(({ peerId }) => peerId)).size).toBe(1);
    expect(readdirSync(folder)).toEqual(['key.pem']);
  });

  test.each([0o640, 0o604, 0o660, 0o444])('is refused when its key has the mode %o', async (mode) => {
    const folder = join(await newFolder(), 'identity');
    await openIdentityFolder(folder);
    chmodSync(join(folder, 'key.pem'), mode);
    const error = await failureOf(() => openIdentityFolder(folder));
    expect(error.reason).toBe('NOT_ALLOWED');
    expect(error.message).toContain(`key.pem: others may read this key (mode 0${mode.toString(8)}); run chmod 600`);
  });

  test('is refused when others may write to it', async () => {
    const folder = join(await newFolder(), 'identity');
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    expect((await failureOf(() => openIdentityFolder(folder))).message).toContain('run chmod 700');
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each(['', 'x', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'])(
    'is refused, and its key left alone, when that is %j',
    async (text) => {
      const folder = join(await newFolder(), 'identity');
      mkdirSync(folder, { mode: 0o700 });
      writeFileSync(join(folder, 'key.pem'), text, { mode: 0o600 });
      const error = await failureOf(() => openIdentityFolder(folder));
      expect(error.reason).toBe('INVALID_FIELD');
      expect(error.message).toContain('key.pem: is not a private key of ECDSA P-256');
      expect(readFileSync(join(folder, 'key.pem'), 'utf8')).toBe(text);
    },
  );

  test('that is huge in a place is refused before it is read', async () => {
    const folder = join(await newFolder(), 'identity');
    await openIdentityFolder(folder);
    writeFileSync(join(folder, 'network'), Buffer.alloc(1_048_577));
    expect((await failureOf(() => openIdentityFolder(folder))).reason).toBe('LIMIT_REACHED');
  });
});

test('a secret file never replaces one, a replaced file is whole, and neither leaves anything beside', async () => {
  const folder = await newFolder();
  const path = join(folder, 'file');
  expect(await createSecretFile(path, 'one')).toBe(true);
  expect(await createSecretFile(path, 'two')).toBe(false);
  expect(readFileSync(path, 'utf8')).toBe('one');
  await Promise.all(['three', 'four'].map((text) => replaceTrustFile(path, text, true)));
  expect(['three', 'four']).toContain(readFileSync(path, 'utf8'));
  expect(modeOf(path)).toBe('600');
  expect(readdirSync(folder)).toEqual(['file']);
});
