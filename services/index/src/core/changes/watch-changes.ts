import { CardumeError } from '@cardume/client';
import type { Catalog } from '../catalog.ts';
import { watchIdleMs } from '../limits.ts';
import { maySee } from '../rights/allowed-users.ts';
import type { CandidateQuery } from '../search/candidate-query.ts';
import { matchesQuery } from '../search/matches-query.ts';
import { parseQuery } from '../search/parse-query.ts';
import type { Change, ChangeEvent, ChangeLogEnd } from './change.ts';
import type { ChangeFeed } from './change-feed.ts';
import { readWatchToken } from './watch-token.ts';

/** What a caller watches. */
export interface WatchTerms {
  /** Empty: from now on. */
  resumeToken: string;
  /** Keywords; empty: every file. */
  query: string;
  includeFolders: boolean;
  /** Who watches, as the certificate says. Default: nobody who is known. */
  user?: string | undefined;
}

/** One message to a watcher: a change of what it watches, or only how far it has come. */
export interface WatchNews {
  /** After what to go on. */
  end: ChangeLogEnd;
  change: Change | undefined;
}

/** What watching works with. */
export interface WatchComponents {
  catalog: Pick<Catalog, 'changeLogEnd'>;
  feed: ChangeFeed;
}

/**
 * Follows the log of changes for one caller, at the speed at which it takes them; nothing waits for it but the log.
 *
 * @throws CardumeError INVALID_FIELD, PAGE_TOKEN_INVALID; CHANGES_GONE when the log no longer has what comes next
 */
export async function* watchChanges(
  { catalog, feed }: WatchComponents,
  terms: WatchTerms,
  signal: AbortSignal,
): AsyncGenerator<WatchNews, void, undefined> {
  const { query, includeFolders, user } = terms;
  const wanted = parseQuery({
    query,
    mode: 'keywords',
    extension: '',
    includeFolders,
    minSizeBytes: 0,
    maxSizeBytes: 0,
  });
  const logEnd = await catalog.changeLogEnd();
  const start = terms.resumeToken === '' ? logEnd : readWatchToken(terms.resumeToken);
  // A log that is another one now, or has been cut, lacks what the caller does not know.
  if (start.logId !== logEnd.logId) throw changesGone();
  yield { end: start, change: undefined };

  let { position } = start;
  let toldPosition = position;
  for (;;) {
    const { changes, logId } = await feed.next(position, watchIdleMs, signal);
    if (changes === undefined || logId !== start.logId) throw changesGone();
    for (const change of changes) {
      position = change.position;
      const event = partOf(change.event, wanted.candidates, user);
      if (event === undefined) continue;
      yield { end: { logId, position }, change: { ...change, event } };
      toldPosition = position;
    }
    // Also when there is nothing new: who watches sees that the stream lives.
    if (changes.length === 0 || position - toldPosition > 1_000) {
      yield { end: { logId, position }, change: undefined };
      toldPosition = position;
    }
  }
}

/** What of an event a query is about, and a user may see; undefined: nothing. Peers are told of whatever the query is. */
function partOf(event: ChangeEvent, query: CandidateQuery, user: string | undefined): ChangeEvent | undefined {
  if (!maySee(event.allowedUsers ?? [], user)) return undefined;
  if (event.kind !== 'listed') return event;
  const added = event.added.filter((entry) => matchesQuery(query, entry));
  const removed = event.removed.filter((entry) => matchesQuery(query, entry));
  return added.length + removed.length === 0 ? undefined : { kind: 'listed', added, removed };
}

function changesGone(): CardumeError {
  return new CardumeError(
    'CHANGES_GONE',
    'the index no longer has the changes after that point: search and list the peers anew, and watch without a token',
  );
}
