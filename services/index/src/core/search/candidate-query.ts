/**
 * Where to look for candidates. Lookups only say in which order names are visited, so that the best are among those
 * that are ranked when there are too many; what matches is said by the conditions.
 */
export type Lookup =
  /** Names whose folded whole, or whose folded last part, is this. */
  | { kind: 'equals'; text: string }
  /** Names whose folded whole, or whose folded last part, begins with this. */
  | { kind: 'prefix'; text: string }
  /**
   * Names whose folded whole has all of these in it. With none: every name. All that satisfy the conditions are also found by
   * `beginning`, as by a prefix, when there is one: whichever leads to fewer.
   */
  | { kind: 'contains'; texts: readonly string[]; beginning?: string | undefined }
  /** Files whose digest begins with these hex digits, in lower case. */
  | { kind: 'digest'; prefix: string };

/** What a name must satisfy. Texts and patterns are folded, but for `exact`. */
export type NameCondition =
  | { kind: 'contains'; text: string }
  | { kind: 'excludes'; text: string }
  /** The name ends with one of these; there is at least one. */
  | { kind: 'suffix'; texts: readonly string[] }
  /** It ends with none of these. */
  | { kind: 'noSuffix'; texts: readonly string[] }
  /** The whole, or the last part, begins with this. */
  | { kind: 'prefix'; text: string }
  /** The whole, or the last part, matches: `*` any run of characters, `?` one; all others stand for themselves. */
  | { kind: 'glob'; pattern: string }
  /** The whole does not match. */
  | { kind: 'noGlob'; pattern: string }
  /** The whole, or the last part, is this, as it was written. */
  | { kind: 'exact'; text: string };

/** A query as a catalog understands it. */
export interface CandidateQuery {
  /** In the order in which they are visited. */
  lookups: readonly Lookup[];
  /** All of them hold. */
  conditions: readonly NameCondition[];
  /** Whether folders are found, too. */
  includeFolders: boolean;
  /** Of a folder, its files together. */
  minSizeBytes: number;
  /** Infinity: no bound. */
  maxSizeBytes: number;
}
