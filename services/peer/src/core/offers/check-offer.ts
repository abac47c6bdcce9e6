import {
  CardumeError,
  checkDigest,
  checkName,
  type FolderSummary,
  isWorkingName,
  lastPart,
  maxFileSizeBytes,
} from '@cardume/client';
import { maxFolderEntries, maxFolderManifestBytes } from '@cardume/client/folders';
import type { Offer } from './offer.ts';

/** A file or folder as a message describes it. */
interface Described {
  name: string;
  sizeBytes: number;
  digest: string;
  folder?: FolderSummary | undefined;
}

/**
 * Checks the form of what is offered.
 *
 * @throws CardumeError INVALID_FIELD, UNSAFE_NAME
 */
export function checkOffer(file: Described | undefined): Offer {
  if (file === undefined) throw CardumeError.invalidField('file', 'say what it is');
  const name = lastPart(file.name);
  checkName(name, 'file.name');
  if (isWorkingName(name) || name.toLowerCase() === quarantineName) {
    throw CardumeError.invalidField('file.name', 'is one that downloads give to their own files', 'UNSAFE_NAME');
  }
  checkDigest(file.digest, 'file.digest');
  const { sizeBytes, digest, folder } = file;
  checkRange('file.size_bytes', sizeBytes, folder === undefined ? maxFileSizeBytes : maxFolderManifestBytes);
  if (folder === undefined) return { name, sizeBytes, digest, folder };
  const { fileCount, totalSizeBytes } = folder;
  checkRange('file.folder.file_count', fileCount, maxFolderEntries);
  checkRange('file.folder.total_size_bytes', totalSizeBytes, Number.MAX_SAFE_INTEGER);
  return { name, sizeBytes, digest, folder: { fileCount, totalSizeBytes } };
}

/** The folder in an inbox where all that is not whole and verified lies. */
export const quarantineName = '.cardume-incoming';

function checkRange(field: string, value: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= 0 && value <= most) return;
  throw CardumeError.invalidField(field, `must be 0 to ${most}`);
}
