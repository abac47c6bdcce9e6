// What the suites of the catalog share, which every engine runs.
import { afterEach, beforeEach, expect } from '@jest/globals';
import type { Catalog, CatalogQuotas, FoundCandidates, ListEntry, PeerInit } from '../../src/core/catalog.ts';
import type { CandidateQuery } from '../../src/core/search/candidate-query.ts';
import { parseQuery, type SearchTerms } from '../../src/core/search/parse-query.ts';
import { digestOf, peerIdOf } from './listed.ts';
import { searchTerms } from './search-terms.ts';

/** When the tests are, in milliseconds. */
export const now = 10_000_000;
/** How long a lease is, in milliseconds. */
export const ttl = 30_000;
/** The signal of a caller who stays. */
export const never = new AbortController().signal;

const quotas = {
  maxPeers: 10,
  maxFilesPerPeer: 10,
  maxHoldings: 100,
  maxReports: 6,
  maxReportsPerCaller: 4,
  maxReportsPerPeer: 3,
};

/** Opens an empty catalog of an engine with these quotas. */
export type OpenCatalog = (quotas: CatalogQuotas) => Promise<Catalog> | Catalog;

/** A catalog that each test has for itself. */
export interface TestedCatalog {
  /** That of the test that runs, with little room: three peers of five files, and eight together. */
  readonly catalog: Catalog;
  /** Goes on with an empty one that has other quotas. */
  reopen(more: Partial<CatalogQuotas>): Promise<void>;
  /** Joins as a new peer; gives its key. */
  join(label: string, entries: ListEntry[], more?: Partial<PeerInit>): Promise<number>;
  /** Finds names, in their order. */
  find(terms: Partial<SearchTerms>, nowMs?: number, limit?: number): Promise<string[]>;
  /** Clears the lists of all who were retired, in steps. */
  clearAll(): Promise<void>;
}

/** Opens a catalog before each test of the block that this is called in, and closes it after it. */
export function useCatalog(open: OpenCatalog): TestedCatalog {
  let catalog: Catalog;
  beforeEach(async () => {
    catalog = await open({ ...quotas, maxPeers: 3, maxFilesPerPeer: 5, maxHoldings: 8 });
    await catalog.resume(now, ttl);
  });
  afterEach(() => catalog.close());
  return {
    get catalog() {
      return catalog;
    },
    async reopen(more) {
      await catalog.close();
      catalog = await open({ ...quotas, ...more });
    },
    async join(label, entries, more = {}) {
      return joined(catalog, peer(label, more), entries);
    },
    async find(terms, nowMs = now, limit = 100) {
      const found = await catalog.findCandidates(planOf(terms), nowMs, limit, never);
      // Together with others a query finds what it finds alone.
      const [ofEach] = await catalog.findCandidatesOfEach([planOf(terms), planOf({})], nowMs, limit, never);
      expect(sorted(ofEach)).toEqual(sorted(found));
      return found.candidates.map((candidate) => candidate.name).sort();
    },
    async clearAll() {
      while ((await catalog.clearRetired(2)) > 0);
    },
  };
}

/** What a peer joins with. */
export function peer(label: string, more: Partial<PeerInit> = {}): PeerInit {
  const secretHash = new Uint8Array(Buffer.alloc(32, label));
  const usual = { host: 'host', port: 1, shareName: label, secretHash };
  return { peerId: peerIdOf(label), joinMs: now, expireMs: now + ttl, ...usual, ...more };
}

/** Joins, and gives the peer's key. */
export async function joined(catalog: Catalog, init: PeerInit, entries: readonly ListEntry[]): Promise<number> {
  const outcome = await catalog.join(init, entries, undefined);
  if (outcome.kind !== 'joined') throw new Error(outcome.kind);
  return outcome.peerKey;
}

/** A file of 100 bytes for a list; its digest is made of its content's label, by default its name. */
export function entry(name: string, more: Partial<ListEntry> & { content?: string } = {}): ListEntry {
  const { content = name, ...rest } = more;
  return { name, sizeBytes: 100, digest: digestOf(content), modifyMs: 1, partial: false, ...rest };
}

/** How an index would look for something. */
export function planOf(terms: Partial<SearchTerms>): CandidateQuery {
  return parseQuery(searchTerms(terms)).candidates;
}

/** What was found, in an order of its own. */
export function sorted(found: FoundCandidates | undefined): unknown {
  return { ...found, candidates: found?.candidates.toSorted((a, b) => a.fileKey - b.fileKey) };
}
