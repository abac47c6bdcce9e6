import { basename } from 'node:path';
import {
  CardumeError,
  cardumeErrorFrom,
  errnoOf,
  type Hit,
  hashFile,
  isDigestPrefix,
  printable,
} from '@cardume/client';
import { exitCode } from '../core/exit-code.ts';
import { hitTable } from '../core/text/hit-table.ts';
import { jsonLine } from '../core/text/json-line.ts';
import { plural } from '../core/units/plural.ts';
import type { Context } from './context.ts';
import { createProgressDisplay } from './progress-display.ts';
import { type ReachFlags, reachIndex } from './reach-index.ts';

/** The flags of `cardume verify`. */
export interface VerifyFlags extends ReachFlags {
  json?: boolean;
}

/** What became of it: `match`, other content (`differs`), or content and name that nobody shares (`unknown`). */
type Verdict = 'match' | 'differs' | 'unknown';

const codeOfVerdict: Record<Verdict, number> = {
  match: exitCode.done,
  differs: exitCode.failed,
  unknown: exitCode.notFound,
};

/** How many holders' files are looked at and shown. */
const maxShownHits = 20;

/** Hashes a file and says whether it is what it should be. */
export async function verifyFile(
  file: string,
  expected: string | undefined,
  flags: VerifyFlags,
  context: Context,
): Promise<number> {
  if (expected !== undefined && !isDigestPrefix(expected)) {
    throw CardumeError.invalidField('DIGEST', `"${expected}" is not 8 to 64 hex digits`);
  }
  const { digest, sizeBytes } = await hash(file, context);
  if (expected !== undefined) {
    const verdict = digest.startsWith(expected.toLowerCase()) ? 'match' : 'differs';
    const message = verdict === 'match' ? 'It is that content.' : `It is other content than ${expected.toLowerCase()}.`;
    return tell({ file, digest, sizeBytes, verdict, hits: [] }, message, flags, context);
  }
  const reached = await reachIndex(flags, context);
  const index = reached.open();
  const { signal } = context.interruption;
  try {
    const known = await index.search({ query: digest, mode: 'digest', pageSize: maxShownHits }, { signal });
    if (known.hits.length > 0) {
      const found = { file, digest, sizeBytes, verdict: 'match', hits: known.hits } as const;
      const count = known.hits[0]?.holderCount ?? 0;
      return tell(
        found,
        `${plural(count, 'peer')} ${count === 1 ? 'shares' : 'share'} this very content:`,
        flags,
        context,
      );
    }
    const name = basename(file).normalize('NFC');
    const others = await index.search({ query: name, mode: 'exact', pageSize: maxShownHits }, { signal });
    const found = { file, digest, sizeBytes, hits: others.hits };
    return others.hits.length > 0
      ? tell({ ...found, verdict: 'differs' }, 'Peers share other content under this name:', flags, context)
      : tell({ ...found, verdict: 'unknown' }, 'Nobody shares this content or a file of this name.', flags, context);
  } finally {
    index.close();
    reached.close();
  }
}

async function hash(file: string, context: Context): Promise<{ digest: string; sizeBytes: number }> {
  const display = createProgressDisplay(context);
  const label = printable(basename(file));
  try {
    return await hashFile(file, {
      signal: context.interruption.signal,
      onProgress: (doneBytes, totalBytes) => display.draw({ label, doneBytes, totalBytes, notes: ['hashing'] }),
    });
  } catch (thrown) {
    const error = cardumeErrorFrom(thrown);
    if (errnoOf(error.cause) !== 'ENOENT') throw error;
    throw new CardumeError('LOCAL_IO_FAILED', `there is no file ${file}`, { cause: error });
  } finally {
    context.terminal.clearStatus();
  }
}

interface Finding {
  file: string;
  digest: string;
  sizeBytes: number;
  verdict: Verdict;
  /** Who shares this content, or other content under this name. */
  hits: readonly Hit[];
}

function tell(finding: Finding, message: string, flags: VerifyFlags, { terminal }: Context): number {
  const { digest, file, verdict, hits } = finding;
  if (flags.json === true) {
    terminal.print(jsonLine({ type: 'verified', ...finding }));
  } else {
    terminal.print(`${digest}  ${printable(file)}`);
    terminal.note(terminal.style('note', verdict === 'match' ? 'green' : 'yellow', message));
    if (hits.length > 0) for (const line of hitTable(hits, terminal)) terminal.note(line);
  }
  return codeOfVerdict[verdict];
}
