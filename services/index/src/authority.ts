/**
 * The authority of a network, for who runs its index: its keys, and the steps by which it goes on with another one.
 *
 * @packageDocumentation
 */
import { randomBytes } from 'node:crypto';
import { type RotationStep, rotateAuthorityFolder } from './adapters/trust/authority-folder.ts';

export { type ListedAuthorityKey, listAuthorityKeys, type RotationStep } from './adapters/trust/authority-folder.ts';

/**
 * Takes one step towards another key: see docs/trust.md. An index that runs on the folder goes on with it within a second.
 *
 * @throws CardumeError INVALID_FIELD when it is not the time for that step
 */
export async function rotateAuthority(folder: string, step: RotationStep): Promise<void> {
  await rotateAuthorityFolder(folder, step, { nowMs: Date.now, randomBytes });
}
