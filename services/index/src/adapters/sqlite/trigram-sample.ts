import { setImmediate } from 'node:timers/promises';
import type { Database } from './database.ts';
import { trigramsOf } from './trigrams-of.ts';

/**
 * How many places of the table are looked at: one for so many names, but no fewer and no more than these. With a thousand names of
 * five million, all trigrams of a name that some thousand others begin like look the same: not in the sample.
 */
const namesForPlace = 4_096;
const fewestPlaces = 64;
const mostPlaces = 1_024;
/** How many names are read at each place. */
const namesPerPlace = 16;
/** How many places are looked at in one step: a few milliseconds of work. */
const placesPerStep = 16;
/** A sample is taken anew when there are this many times the names that there were. */
const growth = 1.5;
/** Sooner it is not, however quickly names come. */
const leastNames = 1_000;

/** Which trigrams the names of a sample have. */
export interface TrigramSample {
  /** The names of the sample that have it, by their places in it, in order. */
  namesWith(trigram: string): readonly number[];
  /** How many names there are in it. */
  sampleSize: number;
  /** How many names there were in all when it was begun, about: the highest key of one. */
  nameCount: number;
}

/** Of one database. */
interface Samples {
  last?: TrigramSample;
  /** One that is being taken. */
  next?: Promise<TrigramSample> | undefined;
}

const samplesOf = new WeakMap<Database, Samples>();

/**
 * Which trigrams a sample of the names has. The index itself could only tell by reading all places of the trigram, and
 * those that nearly every name has are what makes a search slow.
 *
 * The first sample is waited for; while a later one is taken, the one before it is good enough.
 */
export async function trigramSample(database: Database): Promise<TrigramSample> {
  const lastKey = database.query<{ last: number | null }>('SELECT max(name_key) AS last FROM names').get()?.last ?? 0;
  const samples = samplesOf.get(database) ?? {};
  samplesOf.set(database, samples);
  const { last } = samples;
  if (last !== undefined && lastKey <= Math.max(leastNames, last.nameCount * growth)) return last;
  samples.next ??= takeNext(database, lastKey, samples);
  // One that fails is told to who waits for it; others go on by the one before.
  samples.next.catch(() => {});
  return last ?? (await samples.next);
}

async function takeNext(database: Database, lastKey: number, samples: Samples): Promise<TrigramSample> {
  try {
    samples.last = await takeSample(database, lastKey);
    return samples.last;
  } finally {
    samples.next = undefined;
  }
}

/** Other work has its turn between steps. */
async function takeSample(database: Database, lastKey: number): Promise<TrigramSample> {
  let sampleSize = 0;
  const names = new Map<string, number[]>();
  const read = database.query<{ folded: string }>(
    `SELECT folded FROM names WHERE name_key >= ? ORDER BY name_key LIMIT ${namesPerPlace}`,
  );
  const placeCount = Math.min(mostPlaces, Math.max(fewestPlaces, Math.floor(lastKey / namesForPlace)));
  const step = Math.max(namesPerPlace, Math.floor(lastKey / placeCount));
  for (let key = 0, place = 1; key <= lastKey; key += step, place += 1) {
    for (const { folded } of read.all(key)) {
      for (const trigram of new Set(trigramsOf(folded))) {
        const having = names.get(trigram);
        if (having === undefined) names.set(trigram, [sampleSize]);
        else having.push(sampleSize);
      }
      sampleSize += 1;
    }
    if (place % placesPerStep === 0) await setImmediate();
  }
  // Keys are given one after the other; of a list that has gone, some are free.
  return { namesWith: (trigram) => names.get(trigram) ?? [], sampleSize, nameCount: lastKey };
}
