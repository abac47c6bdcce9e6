import type { SharedFile } from './shared-file.ts';

/** How a query is read: see `MatchMode` in the contract. */
export type MatchMode = 'keywords' | 'exact' | 'prefix' | 'glob' | 'digest';

/** What to search for. */
export interface SearchQuery {
  /** At most 512 bytes. */
  query: string;
  /** Default: `keywords`. */
  mode?: MatchMode;
  /** Only names with this extension, such as `iso` or `tar.gz`. */
  extension?: string;
  /** Only files of at least this size in bytes; of a folder, its files together. */
  minSizeBytes?: number;
  /** Only files of at most this size in bytes. Default: no bound. */
  maxSizeBytes?: number;
  /** Whether folders are found, too. Default: false. */
  folders?: boolean;
  /** How many hits a page has, 1 to 500. Default: 50. */
  pageSize?: number;
  /** `nextPageToken` of the page before. */
  pageToken?: string;
}

/** A live peer that holds a file. */
export interface Holder {
  peerId: string;
  host: string;
  port: number;
  /** How long ago it last renewed its lease. */
  renewalAgeMs: number;
  /** Whether it has only some pieces of the file yet. */
  partial: boolean;
  /** Whether the index reached it when it last dialled it back. */
  reachable: boolean;
  /** How many callers reported within the last hour that it served wrong bytes, of whatever file; 100 at the most. */
  reportCount: number;
  /** Whether it shows itself to some users only, of whom the caller is one: what comes from it is not to be shared on. */
  restricted: boolean;
}

/** A file or folder that was found: one name with one content. */
export interface Hit extends SharedFile {
  /** At most 50 of the live peers that hold it, the best first. */
  holders: Holder[];
  /** How many live peers hold it whole. */
  holderCount: number;
}

/** A page of hits, best first. */
export interface SearchPage {
  hits: Hit[];
  /** Gives the next page; undefined on the last one. */
  nextPageToken: string | undefined;
  /** Whether more names matched than the index ranks for one query (2,000). */
  truncated: boolean;
  /** What may have been meant by a query that finds nothing: at most 5 queries that find something, the likeliest first. */
  suggestions: string[];
}
