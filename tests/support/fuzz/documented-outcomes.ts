import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What became of a call. */
export interface Outcome {
  /** The name of its status: `OK`. */
  status: string;
  /** The reason that its details give. */
  reason: string | undefined;
  /** What it says. */
  text: string;
  /** The messages that came. */
  answers: readonly Uint8Array[];
}

const page = readFileSync(join(import.meta.dirname, '../../../docs/errors.md'), 'utf8');
const fromService = page.slice(page.indexOf('## From a service'), page.indexOf('## From the SDK'));
const statusOfReason = new Map(
  Array.from(fromService.matchAll(/^\| `([A-Z_]+)` \| ([A-Z_]+) \|/gm), ([, reason = '', status = '']) => [
    reason,
    status,
  ]),
);
/** What gRPC refuses by itself, says the page, and so without a reason. */
const withoutReason = new Set(['OK', 'RESOURCE_EXHAUSTED', 'UNIMPLEMENTED', 'CANCELLED']);

const longestText = 4_096;

/**
 * Why an answer is not one that docs/errors.md promises to somebody who sends nonsense; undefined when it is. That page has
 * INTERNAL, too, for a server's own defects and broken disks: neither is a caller's doing.
 */
export function outcomeProblem({ status, reason, text }: Outcome): string | undefined {
  if (status === 'INTERNAL' || status === 'UNKNOWN') return `it is ${status}`;
  if (reason === undefined && !withoutReason.has(status)) return `${status} has no reason`;
  if (reason !== undefined && statusOfReason.get(reason) !== status) return `${status} is not the status of ${reason}`;
  if (text.length > longestText) return `its text has ${text.length} characters`;
  if (/\n\s+at |node_modules|node:internal/.test(text)) return 'it tells where in the code it failed';
  return undefined;
}
