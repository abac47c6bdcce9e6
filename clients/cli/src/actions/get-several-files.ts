import { type Cardume, type DownloadProgress, type GetAllOptions, type GetOutcome, printable } from '@cardume/client';
import { exitCode, exitCodeOf } from '../core/exit-code.ts';
import { keptText, severalDoneText, severalText } from '../core/text/download-text.ts';
import type { Context } from './context.ts';
import { createDownloadReporter } from './download-reporter.ts';
import { type ReportFlags, reportFailure } from './report-failure.ts';

/** Up to so many files each one is told about; of more, their names and a sum are enough. */
const maxToldFiles = 20;

/**
 * Downloads several files, the small ones many at once. One that fails does not stop the rest; the exit code is that of the
 * first that failed, in the order of the names.
 */
export async function getSeveralFiles(
  cardume: Cardume,
  names: readonly string[],
  options: GetAllOptions,
  flags: ReportFlags,
  context: Context,
): Promise<number> {
  const { terminal, interruption, nowMs } = context;
  const json = flags.json === true;
  const reporter = createDownloadReporter(context, json);
  const codes = new Map<string, number>();
  const done = { files: 0, failed: 0, bytes: 0, startMs: nowMs() };
  let large: DownloadProgress | undefined;

  const take = ({ nameOrDigest, result, error }: GetOutcome): void => {
    if (result !== undefined) {
      done.files += 1;
      done.bytes += result.sizeBytes;
      if (large?.digest === result.digest) large = undefined;
      if (json || names.length <= maxToldFiles) reporter.done(result);
      else reporter.name(result);
      return;
    }
    done.failed += 1;
    codes.set(nameOrDigest, exitCodeOf(error.reason));
    // That it was cancelled is no news to who interrupted it, while any other error is.
    if (interruption.exitCode !== undefined && error.reason === 'CANCELLED' && !json) return;
    terminal.keepStatus();
    reportFailure(context, flags, error, nameOrDigest);
  };

  const onProgress = (progress: DownloadProgress): void => {
    large = progress;
    options.onProgress?.(progress);
    reporter.progress(progress);
  };
  for await (const outcome of cardume.getAll(names, { ...options, onProgress })) {
    take(outcome);
    if (json || large !== undefined || !terminal.interactive) continue;
    terminal.drawStatus(() => severalText(done, names.length, nowMs()));
  }
  terminal.clearStatus();
  if (interruption.exitCode !== undefined) {
    if (large !== undefined) terminal.note(keptText(large));
    return interruption.exitCode;
  }
  if (!json && names.length > maxToldFiles) terminal.note(printable(severalDoneText(done, nowMs())));
  const firstFailed = names.find((name) => codes.has(name));
  return firstFailed === undefined ? exitCode.done : (codes.get(firstFailed) ?? exitCode.failed);
}
