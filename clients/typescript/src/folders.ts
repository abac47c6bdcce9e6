/**
 * Folder manifests and the names in them: for those who make them, and not loaded by those who get a file.
 *
 * @example
 * ```ts
 * import { folderManifest } from '@cardume/client/folders';
 *
 * const digest = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
 * const bytes = folderManifest([{ kind: 'file', name: 'empty.txt', sizeBytes: 0, digest, executable: false }]);
 * console.log(bytes.toString());
 * ```
 *
 * @packageDocumentation
 */
export { compareUtf8 } from './core/folder/compare-utf8.ts';
export {
  type EmptyFolder,
  type FolderEntry,
  type FolderFile,
  folderEntryLine,
  folderManifest,
  folderManifestHeader,
  maxFolderEntries,
  maxFolderManifestBytes,
  maxFoldersInFolder,
} from './core/folder/folder-manifest.ts';
export { parentsOf } from './core/folder/parents-of.ts';
export { type FolderContent, parseFolderManifest } from './core/folder/parse-folder-manifest.ts';
export { lastPart } from './core/names/last-part.ts';
