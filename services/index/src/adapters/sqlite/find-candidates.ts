import type { Candidate } from '../../core/catalog.ts';
import { maxExaminedNames } from '../../core/limits.ts';
import type { CandidateQuery } from '../../core/search/candidate-query.ts';
import { conditionSql } from './condition-sql.ts';
import type { Database } from './database.ts';
import { nameSlices } from './name-slices.ts';

interface CandidateRow {
  file_key: number;
  name: string;
  folded: string;
  size_bytes: number;
  digest: string;
  whole_count: number;
}

/** Adds the files that a part of a statement leads to: from its FROM to its last condition. */
type Take = (fromSql: string, parameters: (string | Uint8Array)[]) => void;

const columns = 'f.file_key, n.name, n.folded, f.size_bytes, lower(hex(f.digest)) AS digest, f.whole_count';
const hasLiveHolder = `EXISTS (
  SELECT 1 FROM holdings h JOIN peers p ON p.peer_key = h.peer_key WHERE h.file_key = f.file_key AND p.expire_ms > ?
)`;

/** Finds the files that match a query and have a live holder; see `Catalog.findCandidates`. */
export async function findCandidates(
  database: Database,
  query: CandidateQuery,
  nowMs: number,
  limit: number,
  signal: AbortSignal,
): Promise<{ candidates: Candidate[]; truncated: boolean }> {
  const candidates: Candidate[] = [];
  const maxSizeBytes = Math.min(query.maxSizeBytes, Number.MAX_SAFE_INTEGER);
  const take: Take = (fromSql, parameters) => {
    const files = database.query<CandidateRow>(
      `SELECT ${columns} ${fromSql} AND f.size_bytes BETWEEN ? AND ? AND ${hasLiveHolder} LIMIT ?`,
    );
    // One more than the limit tells that there are more.
    const rows = files.all(...parameters, query.minSizeBytes, maxSizeBytes, nowMs, limit + 1 - candidates.length);
    for (const row of rows) candidates.push(candidateOf(row));
  };

  const seenNames = new Set<number>();
  let truncated = false;
  for (const lookup of query.lookups) {
    const ended =
      lookup.kind === 'digest'
        ? takeByDigest(lookup.prefix, query, take)
        : await takeByNames(
            nameSlices(database, lookup, query, signal),
            seenNames,
            take,
            () => candidates.length > limit,
          );
    truncated = !ended || candidates.length > limit;
    if (truncated) break;
  }
  return { candidates: candidates.slice(0, limit), truncated };
}

function takeByDigest(prefix: string, query: CandidateQuery, take: Take): true {
  const { sql, parameters } = conditionSql(query.conditions);
  const first = Buffer.from(prefix.padEnd(64, '0'), 'hex');
  const last = Buffer.from(prefix.padEnd(64, 'f'), 'hex');
  take(`FROM files f JOIN names n ON n.name_key = f.name_key WHERE f.digest BETWEEN ? AND ? AND ${sql}`, [
    first,
    last,
    ...parameters,
  ]);
  return true;
}

/** Takes the files of the names in the slices. False when it ended before they did. */
async function takeByNames(
  slices: AsyncIterable<{ nameKeys: number[]; examinedCount: number }>,
  seenNames: Set<number>,
  take: Take,
  isFull: () => boolean,
): Promise<boolean> {
  let examinedCount = 0;
  for await (const slice of slices) {
    const fresh = slice.nameKeys.filter((nameKey) => !seenNames.has(nameKey));
    for (const nameKey of fresh) seenNames.add(nameKey);
    if (fresh.length > 0) {
      take(
        `FROM json_each(?) k CROSS JOIN names n ON n.name_key = k.value CROSS JOIN files f ON f.name_key = n.name_key
         WHERE 1`,
        [JSON.stringify(fresh)],
      );
    }
    examinedCount += slice.examinedCount;
    if (isFull() || examinedCount > maxExaminedNames) return false;
  }
  return true;
}

function candidateOf(row: CandidateRow): Candidate {
  return {
    fileKey: row.file_key,
    name: row.name,
    foldedName: row.folded,
    sizeBytes: row.size_bytes,
    digest: row.digest,
    wholeHolderCount: row.whole_count,
  };
}
