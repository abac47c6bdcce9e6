import { CardumeError } from '../../errors/cardume-error.ts';
import type { FolderOutcome } from '../model/download.ts';
import { printable } from '../names/printable.ts';

const maxToldNames = 5;

/** The error for files that stand there already with other content. */
export function filesChanged(path: string, names: readonly string[]): CardumeError {
  const head = `${path}: ${names.length} of its files are there already with other content; move them away, or overwrite them:`;
  return new CardumeError('TARGET_EXISTS', [head, ...told(names)].join('\n'), {
    metadata: { changed_count: String(names.length) },
  });
}

/** The error for files that nobody could give; there is at least one. */
export function filesMissing(
  name: string,
  digest: string,
  { fileCount, unchangedCount, copiedCount, fetchedCount }: FolderOutcome,
  failures: readonly { name: string; error: CardumeError }[],
): CardumeError {
  const missing = fileCount - unchangedCount - copiedCount - fetchedCount;
  const [first] = failures;
  const head = `${name}/: ${missing} of ${fileCount} files could not be had; what is there is kept, and the same call goes on from there:`;
  const lines = [head, ...told(failures.map((failure) => failure.name)), first?.error.message ?? ''];
  return new CardumeError('NO_HOLDER_LEFT', lines.join('\n'), {
    metadata: { digest, missing_count: String(missing) },
    cause: first?.error,
  });
}

function told(names: readonly string[]): string[] {
  const shown = names.slice(0, maxToldNames).map((name) => `  ${printable(name)}`);
  return names.length > shown.length ? [...shown, `  and ${names.length - shown.length} more`] : shown;
}
