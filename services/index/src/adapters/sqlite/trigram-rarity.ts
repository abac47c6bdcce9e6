import type { Database } from './database.ts';
import { trigramsOf } from './trigrams-of.ts';

/** How many places of the table are looked at, and how many names at each: a few milliseconds of work. */
const placeCount = 64;
const namesPerPlace = 16;
/** A sample is taken anew when there are this many times the names that there were. */
const growth = 1.5;
/** Sooner it is not, however quickly names come. */
const leastNames = 1_000;

/** How often trigrams are in a sample of the names. */
export interface TrigramCounts {
  /** How many names of the sample have it. */
  countOf(trigram: string): number;
  /** How many names there are in it. */
  sampleSize: number;
}

interface Sample {
  counts: TrigramCounts;
  /** The highest key of a name when it was taken. */
  lastKey: number;
}

const samples = new WeakMap<Database, Sample>();

/**
 * How often a trigram is in a sample of the names. The index itself could only tell by reading all places of the trigram, and
 * those that nearly every name has are what makes a search slow.
 */
export function trigramCounts(database: Database): TrigramCounts {
  const lastKey = database.query<{ last: number | null }>('SELECT max(name_key) AS last FROM names').get()?.last ?? 0;
  let sample = samples.get(database);
  if (sample === undefined || lastKey > Math.max(leastNames, sample.lastKey * growth)) {
    sample = { counts: takeSample(database, lastKey), lastKey };
    samples.set(database, sample);
  }
  return sample.counts;
}

function takeSample(database: Database, lastKey: number): TrigramCounts {
  let sampleSize = 0;
  const counts = new Map<string, number>();
  const read = database.query<{ folded: string }>(
    `SELECT folded FROM names WHERE name_key >= ? ORDER BY name_key LIMIT ${namesPerPlace}`,
  );
  const step = Math.max(namesPerPlace, Math.floor(lastKey / placeCount));
  for (let key = 0; key <= lastKey; key += step) {
    for (const { folded } of read.all(key)) {
      sampleSize += 1;
      for (const trigram of new Set(trigramsOf(folded))) counts.set(trigram, (counts.get(trigram) ?? 0) + 1);
    }
  }
  return { countOf: (trigram) => counts.get(trigram) ?? 0, sampleSize };
}
