import {
  CardumeError,
  checkDigest,
  checkName,
  type FolderSummary,
  type ListedFile,
  maxEntriesPerMessage,
  maxFileSizeBytes,
} from '@cardume/client';
import { maxFolderEntries } from '@cardume/client/folders';
import type { ListEntry } from '../catalog.ts';

// The years that a google.protobuf.Timestamp may have; others make clients fail that print it.
const minModifyMs = Date.parse('0001-01-01T00:00:00.000Z');
const maxModifyMs = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * Checks the entries of a message. Of several with the same name the last one stays.
 *
 * @param field where they stood in the request: `files`
 * @throws CardumeError INVALID_FIELD or UNSAFE_NAME with the path of the first field that is wrong: `files[3].name`
 */
export function checkEntries(files: readonly ListedFile[], field: string): ListEntry[] {
  if (files.length > maxEntriesPerMessage) {
    throw CardumeError.invalidField(field, `must have at most ${maxEntriesPerMessage} entries; publish the rest`);
  }
  const byName = new Map<string, ListEntry>();
  for (const [index, file] of files.entries()) byName.set(file.name, checkEntry(file, `${field}[${index}]`));
  return [...byName.values()];
}

function checkEntry(file: ListedFile, path: string): ListEntry {
  const { name, sizeBytes, digest, modifyTime, partial = false, folder } = file;
  checkName(name, `${path}.name`);
  if (sizeBytes < 0 || sizeBytes > maxFileSizeBytes) {
    throw CardumeError.invalidField(`${path}.size_bytes`, `must be 0 to ${maxFileSizeBytes}`);
  }
  checkDigest(digest, `${path}.digest`);
  if (folder !== undefined) checkFolder(folder, `${path}.folder`);
  return { name, sizeBytes, digest, modifyMs: checkModifyTime(modifyTime, `${path}.modify_time`), partial, folder };
}

function checkFolder({ fileCount, totalSizeBytes }: FolderSummary, path: string): void {
  if (fileCount < 0 || fileCount > maxFolderEntries) {
    throw CardumeError.invalidField(`${path}.file_count`, `must be 0 to ${maxFolderEntries}`);
  }
  if (totalSizeBytes < 0) throw CardumeError.invalidField(`${path}.total_size_bytes`, 'must not be negative');
}

function checkModifyTime(modifyTime: Date | undefined, path: string): number | undefined {
  if (modifyTime === undefined) return undefined;
  const modifyMs = modifyTime.getTime();
  if (!(modifyMs >= minModifyMs && modifyMs <= maxModifyMs)) {
    throw CardumeError.invalidField(path, 'must be in the years 1 to 9999');
  }
  // Before 1970 whole seconds are kept: a fraction would travel as negative nanoseconds, which clients refuse.
  return modifyMs < 0 ? Math.floor(modifyMs / 1000) * 1000 : modifyMs;
}
