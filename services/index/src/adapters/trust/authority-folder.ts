import { X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CardumeError, errnoOf } from '@cardume/client';
import { createSecretFile, keyIdOf, makeOwnerFolder, readTrustFile, replaceTrustFile } from '@cardume/client/trust';
import {
  type AuthorityRecord,
  formatAuthority,
  type KeyState,
  parseAuthority,
} from '../../core/trust/authority-record.ts';
import { signingWithNextKey, withNextKey, withoutPreviousKeys } from '../../core/trust/rotate-authority.ts';
import { type AuthorityComponents, makeAuthorityKey, signerOf } from './make-authority-key.ts';
import { type Authority, openAuthority } from './open-authority.ts';

/** The step by which an authority goes on with another key; see `rotate-authority.ts`. */
export type RotationStep = 'add-next' | 'sign-with-next' | 'retire-previous';

/** A key of an authority, as people are shown it. */
export interface ListedAuthorityKey {
  /** The SHA-256 of the public key; of the first key it is the network's id. */
  keyId: string;
  state: KeyState;
  notAfter: Date;
}

/** Where an authority is kept. */
const secretName = 'authority.json';
/** The certificates that are trusted, for `grpcurl -cacert` and the like; made from the other file. */
const trustedName = 'authorities.pem';

/**
 * Opens the authority that is kept in a folder; makes the folder and a network's first key where there is none. The folder has
 * `authority.json`, which only its owner may read and which holds everything, so that it is written at once and can be given
 * to replicas as one secret; and `authorities.pem`, which is no secret.
 *
 * @throws CardumeError NOT_ALLOWED when others may read the key or write to the folder; INVALID_FIELD when what is in it
 *   cannot be used
 */
export async function openAuthorityFolder(folder: string, components: AuthorityComponents): Promise<Authority> {
  await makeOwnerFolder(folder);
  const path = join(folder, secretName);
  if ((await readTrustFile(path, true)) === undefined) {
    // When another process has made one meanwhile, that one stays, and is read below.
    await createSecretFile(path, formatAuthority({ keys: [await makeAuthorityKey(components)] }));
  }
  const authority = openAuthority(await readRecord(folder), components);
  await writeTrusted(folder, authority);
  return authority;
}

/**
 * Takes one step towards another key, and keeps it.
 *
 * @throws CardumeError INVALID_FIELD when it is not the time for that step; as {@link openAuthorityFolder}
 */
export async function rotateAuthorityFolder(
  folder: string,
  step: RotationStep,
  components: AuthorityComponents,
): Promise<Authority> {
  const record = await rotate(await readRecord(folder), step, components);
  const authority = openAuthority(record, components);
  await replaceTrustFile(join(folder, secretName), formatAuthority(record), true);
  await writeTrusted(folder, authority);
  return authority;
}

/** What tells that the authority in a folder is another one than before; undefined: there is none. */
export async function authorityStamp(folder: string): Promise<string | undefined> {
  try {
    const { ino, mtimeMs, size } = await stat(join(folder, secretName));
    return `${ino} ${mtimeMs} ${size}`;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The keys of the authority in a folder, the oldest first. @throws CardumeError INVALID_FIELD when there is none */
export async function listAuthorityKeys(folder: string): Promise<ListedAuthorityKey[]> {
  const { keys } = await readRecord(folder);
  return keys.map(({ state, certificate }) => {
    const { publicKey, validToDate } = new X509Certificate(certificate);
    return { keyId: keyIdOf(publicKey.export({ type: 'spki', format: 'der' })), state, notAfter: validToDate };
  });
}

async function rotate(
  record: AuthorityRecord,
  step: RotationStep,
  components: AuthorityComponents,
): Promise<AuthorityRecord> {
  if (step === 'sign-with-next') return signingWithNextKey(record);
  if (step === 'retire-previous') return withoutPreviousKeys(record);
  const signing = record.keys.find(({ state }) => state === 'signing');
  return withNextKey(record, await makeAuthorityKey(components, signerOf(signing?.privateKey ?? '')));
}

async function readRecord(folder: string): Promise<AuthorityRecord> {
  const path = join(folder, secretName);
  const text = await readTrustFile(path, true);
  if (text === undefined) throw CardumeError.invalidField('authority', `${path} is not there`);
  return parseAuthority(text, path);
}

async function writeTrusted(folder: string, { trusted }: Authority): Promise<void> {
  const path = join(folder, trustedName);
  if ((await readTrustFile(path, false)) !== trusted) await replaceTrustFile(path, trusted, false);
}
