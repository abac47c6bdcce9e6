import { join } from 'node:path';
import { type Address, messageOf, type PartSharer, type PlacedFile, type SharablePart } from '@cardume/client';
import type { Logger } from '@cardume/service-kit';
import { restatFile } from './adapters/restat-file.ts';
import { maxPassedOn } from './core/limits.ts';
import type { PassedFiles, PassedFolder } from './core/passed-files.ts';
import type { MayGet } from './core/share-list.ts';
import type { PartialInit, PartialShare } from './share-partial.ts';

/** How many small files are looked at at once. */
const looksAtOnce = 16;

export interface PassOnInit {
  /** This peer, and where it serves, so that a download does not ask itself; undefined: not yet. */
  ownPeerId: string;
  ownAddress: () => Address | undefined;
  share: (partial: PartialInit) => Promise<PartialShare>;
  /** The small files that are passed on. */
  passed: PassedFiles;
  logger: Logger;
}

/**
 * Gives what is being received to those who receive the same. Large files are read by the descriptor that they are written under,
 * whatever name they get, until this is closed; small ones are whole, and opened when they are asked for, as long as they are what
 * they were. That something cannot be passed on is no reason not to receive it.
 */
export class PassOn implements PartSharer {
  readonly #init: PassOnInit;
  readonly #mayGet: MayGet;
  readonly #parts = new Map<string, PassedPart>();
  #folder: PassedFolder | undefined;
  readonly #placed: PlacedFile[] = [];
  #looking: Promise<void> | undefined;
  #isClosed = false;

  /** @param mayGet says who receives the same, or sends it */
  constructor(init: PassOnInit, mayGet: MayGet) {
    this.#init = init;
    this.#mayGet = mayGet;
  }

  get ownPeerId(): string {
    return this.#init.ownPeerId;
  }

  get ownAddress(): Address | undefined {
    return this.#init.ownAddress();
  }

  begin(part: SharablePart): void {
    for (const [digest, first] of this.#parts) {
      if (this.#parts.size < maxPassedOn) break;
      this.#parts.delete(digest);
      void first.stop();
    }
    this.#parts.set(part.digest, new PassedPart({ ...part, mayGet: this.#mayGet }, this.#init));
  }

  have(digest: string, pieces: readonly number[]): void {
    this.#parts.get(digest)?.have(pieces);
  }

  async whole(): Promise<void> {}

  placed(file: PlacedFile): void {
    if (this.#isClosed) return;
    this.#folder ??= this.#init.passed.begin(file.folder, this.#mayGet);
    this.#placed.push(file);
    this.#looking ??= this.#look(this.#folder);
  }

  /** The folder that was received lies elsewhere now. */
  async moveTo(path: string): Promise<void> {
    // What is looked at now is looked at where it was.
    await this.#looking;
    this.#folder?.moveTo(path);
  }

  end(): void {}

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#placed.length = 0;
    await this.#looking;
    this.#folder?.close();
    await Promise.all([...this.#parts.values()].map((part) => part.stop()));
    this.#parts.clear();
  }

  /** Notes the state in which each file is: it is given to nobody in another one. */
  async #look(folder: PassedFolder): Promise<void> {
    for (let some = this.#placed.splice(0, looksAtOnce); some.length > 0; some = this.#placed.splice(0, looksAtOnce)) {
      await Promise.all(
        some.map(async (file) => {
          const found = await restatFile({ name: file.name, path: join(file.folder, file.name) });
          if (found?.sizeBytes === file.sizeBytes) folder.put(file, found);
        }),
      );
    }
    this.#looking = undefined;
  }
}

/** One file, whose pieces may come before it is open. */
class PassedPart {
  readonly #early: number[] = [];
  readonly #starting: Promise<void>;
  #share: PartialShare | undefined;

  constructor(part: PartialInit, { share, logger }: PassOnInit) {
    this.#starting = share(part).then(
      (started) => {
        this.#share = started;
        for (const piece of this.#early) started.have(piece);
      },
      (error: unknown) => logger.debug({ problem: messageOf(error) }, 'what is received is not passed on'),
    );
  }

  have(pieces: readonly number[]): void {
    if (this.#share === undefined) this.#early.push(...pieces);
    else for (const piece of pieces) this.#share.have(piece);
  }

  async stop(): Promise<void> {
    await this.#starting;
    await this.#share?.stop();
  }
}
