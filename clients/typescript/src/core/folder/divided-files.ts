/** A small file, as far as it matters for who is asked for it. */
export interface DividedFile {
  /** 64 lower-case hex digits; of no two files the same. */
  digest: string;
  sizeBytes: number;
}

/** How much one request asks for at the most; one file is never too much. */
export interface RequestRoom {
  maxFiles: number;
  maxBytes: number;
}

export interface DividedFilesInit<File extends DividedFile> {
  files: readonly File[];
  /** 64 lower-case hex digits. */
  ownPeerId: string;
}

/** So many files are looked at when somebody is asked for what is not in its part. */
const maxLookedAt = 1_024;
/** A request takes so much of others' parts at the most: it may be on its way to them, and what is left becomes less. */
const portionOfOthers = 0.25;

interface Item<File> {
  file: File;
  /** Made of the digest. */
  seed: number;
  /** Who is asked for it now: another receiver, or somebody who has all. */
  asked: 'nobody' | 'receiver' | 'whole';
  /** Its place among the wanted ones; -1: it is not wanted any more. */
  place: number;
  isAside: boolean;
}

/** The part of one receiver, in the order in which it asks for it. */
interface Part<File> {
  items: Item<File>[];
  /** None before is wanted. */
  from: number;
}

/**
 * Divides small files among those who receive them at the same time, so that whoever has all sends each of them about once. It is
 * pure: its driver asks whom to ask for what, and says what came.
 *
 * Nobody agrees with anybody. A digest and the id of a receiver make a number; a file is in the part of the one whose number is
 * the smallest, and the numbers are also the order in which that one asks for its part. So each knows of each other what it has
 * first. Who has all is asked for one's own part, each other receiver for that one's; and where those bring too little, who has
 * all for theirs, too. One that sees other receivers than the others do has another part than they think: then some files are
 * sent twice, and that is all.
 */
export class DividedFiles<File extends DividedFile> {
  readonly #ownPeerId: string;
  readonly #items: ReadonlyMap<string, Item<File>>;
  readonly #wanted: Item<File>[];
  readonly #parts = new Map<string, Part<File>>();
  #receivers: string | undefined;
  /** Where among the wanted ones it is looked next for what is in nobody's part. */
  #lookAt = 0;
  #leftBytes: number;

  constructor({ files, ownPeerId }: DividedFilesInit<File>) {
    this.#ownPeerId = ownPeerId;
    this.#wanted = files.map((file, place) => {
      return { file, seed: seedOf(file.digest), asked: 'nobody' as const, place, isAside: false };
    });
    this.#items = new Map(this.#wanted.map((item) => [item.file.digest, item]));
    this.#leftBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    this.divide([]);
  }

  /** Whether no file is wanted any more. */
  get isDone(): boolean {
    return this.#wanted.length === 0;
  }

  /** How many bytes the wanted files have for which nobody is asked who has all. */
  get leftBytes(): number {
    return this.#leftBytes;
  }

  /** Those that did not come: what was set aside, and what is wanted still. */
  get missing(): File[] {
    return [...this.#items.values()].filter(({ isAside, place }) => isAside || place >= 0).map(({ file }) => file);
  }

  /** Says which other receivers have a part, by their ids. */
  divide(peerIds: Iterable<string>): void {
    const others = [...new Set(peerIds)].filter((peerId) => peerId !== this.#ownPeerId).toSorted();
    const receivers = others.join(' ');
    if (this.#receivers === receivers) return;
    this.#receivers = receivers;
    this.#parts.clear();
    const parts = [this.#ownPeerId, ...others].map((peerId) => ({
      peerId,
      seed: seedOf(peerId),
      items: [] as Item<File>[],
    }));
    for (const item of this.#wanted) {
      let leastNumber = Number.POSITIVE_INFINITY;
      let least: Item<File>[] | undefined;
      for (const { seed, items } of parts) {
        const number = numberOf(seed, item);
        if (number >= leastNumber) continue;
        leastNumber = number;
        least = items;
      }
      least?.push(item);
    }
    for (const { peerId, seed, items } of parts) this.#parts.set(peerId, { items: inOrder(items, seed), from: 0 });
  }

  /**
   * What somebody is asked for who has all.
   *
   * @param mayTakeOthers whether also for what is in the parts of others, when there is nothing else
   */
  takeOfWhole(room: RequestRoom, mayTakeOthers: boolean): File[] {
    const own = this.#ofPart(this.#ownPeerId, room);
    if (own.length > 0 || !mayTakeOthers) return this.#take(own, 'whole');
    const others = this.#lookFor(this.#ownPeerId, ({ asked }) => asked !== 'whole');
    // What a receiver is asked for comes last.
    others.sort((a, b) => Number(a.asked === 'receiver') - Number(b.asked === 'receiver'));
    const maxFiles = Math.min(room.maxFiles, Math.ceil(others.length * portionOfOthers));
    return this.#take(upTo(others, { ...room, maxFiles }), 'whole');
  }

  /**
   * What another receiver is asked for; it may not have it yet.
   *
   * @param isProbe whether it is asked for anything, and not for what it has first
   */
  takeOfReceiver(peerId: string, room: RequestRoom, isProbe: boolean): File[] {
    const part = isProbe ? [] : this.#ofPart(peerId, room);
    if (part.length > 0) return this.#take(part, 'receiver');
    const others = this.#lookFor(peerId, ({ asked }) => asked === 'nobody');
    return this.#take(upTo(others, room), 'receiver');
  }

  /** Says that a file is there. */
  done(file: File): void {
    const item = this.#items.get(file.digest);
    if (item === undefined) return;
    item.isAside = false;
    this.#remove(item);
  }

  /** Says that a file did not come from another receiver, or from somebody who has all, and is to be asked for again. */
  release(file: File, asked: 'receiver' | 'whole'): void {
    const item = this.#items.get(file.digest);
    if (item === undefined || item.place === -1 || item.asked !== asked) return;
    if (asked === 'whole') this.#leftBytes += file.sizeBytes;
    item.asked = 'nobody';
  }

  /** Says that a file is not to be had so, from anybody; it may come all the same, from whoever is asked for it now. */
  setAside(file: File): void {
    const item = this.#items.get(file.digest);
    if (item === undefined || item.place === -1) return;
    item.isAside = true;
    this.#remove(item);
  }

  #ofPart(peerId: string, room: RequestRoom): Item<File>[] {
    const part = this.#parts.get(peerId);
    if (part === undefined) return [];
    const { items } = part;
    while (part.from < items.length && items[part.from]?.place === -1) part.from += 1;
    return upTo(askedOfNobody(items, part.from), room);
  }

  /** Some of the wanted files, in the order in which a receiver would ask for them. */
  #lookFor(peerId: string, isMeant: (item: Item<File>) => boolean): Item<File>[] {
    const { length } = this.#wanted;
    const count = Math.min(length, maxLookedAt);
    const found: Item<File>[] = [];
    for (let step = 0; step < count; step++) {
      const item = this.#wanted[(this.#lookAt + step) % length];
      if (item !== undefined && isMeant(item)) found.push(item);
    }
    this.#lookAt = length === 0 ? 0 : (this.#lookAt + count) % length;
    return inOrder(found, seedOf(peerId));
  }

  #take(items: readonly Item<File>[], asked: 'receiver' | 'whole'): File[] {
    for (const item of items) {
      item.asked = asked;
      if (asked === 'whole') this.#leftBytes -= item.file.sizeBytes;
    }
    return items.map(({ file }) => file);
  }

  /** Takes it out of the wanted ones; the last of these has its place then. */
  #remove(item: Item<File>): void {
    if (item.place === -1) return;
    if (item.asked !== 'whole') this.#leftBytes -= item.file.sizeBytes;
    const last = this.#wanted.pop();
    if (last !== undefined && last !== item) {
      this.#wanted[item.place] = last;
      last.place = item.place;
    }
    item.place = -1;
  }
}

function* askedOfNobody<File>(items: readonly Item<File>[], from: number): Generator<Item<File>, void, undefined> {
  for (let at = from; at < items.length; at++) {
    const item = items[at];
    if (item !== undefined && item.place >= 0 && item.asked === 'nobody') yield item;
  }
}

/** The first ones, as many as there is room for. */
function upTo<File extends DividedFile>(
  items: Iterable<Item<File>>,
  { maxFiles, maxBytes }: RequestRoom,
): Item<File>[] {
  const first: Item<File>[] = [];
  let bytes = 0;
  for (const item of items) {
    bytes += item.file.sizeBytes;
    if (first.length > 0 && (first.length >= maxFiles || bytes > maxBytes)) break;
    first.push(item);
  }
  return first;
}

function inOrder<File>(items: readonly Item<File>[], seed: number): Item<File>[] {
  const numbered = items.map((item) => ({ item, number: numberOf(seed, item) }));
  return numbered.sort((a, b) => a.number - b.number).map(({ item }) => item);
}

/** The first 32 bits of an id or a digest. */
function seedOf(hexDigits: string): number {
  return Number.parseInt(hexDigits.slice(0, 8), 16) >>> 0;
}

/** Mixes both, so that each receiver has an order of its own: the finisher of MurmurHash3. 0 to 2^32 - 1. */
function numberOf(seed: number, item: { seed: number }): number {
  let mixed = seed ^ item.seed;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
