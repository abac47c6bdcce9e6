import { type Address, messageOf, type PartSharer, type SharablePart } from '@cardume/client';
import type { Logger } from '@cardume/service-kit';
import { maxPassedOn } from './core/limits.ts';
import type { PartialInit, PartialShare } from './share-partial.ts';

export interface PassOnInit {
  /** Where this peer serves, so that a download does not ask itself; undefined: not yet. */
  ownAddress: () => Address | undefined;
  share: (partial: PartialInit) => Promise<PartialShare>;
  logger: Logger;
}

/**
 * Gives what is being received to those who receive the same. It is read by the descriptor that it is written under, whatever
 * name it gets, until this is closed. That it cannot be passed on is no reason not to receive it.
 */
export class PassOn implements PartSharer {
  readonly #init: PassOnInit;
  readonly #parts = new Map<string, PassedPart>();

  constructor(init: PassOnInit) {
    this.#init = init;
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
    this.#parts.set(part.digest, new PassedPart(part, this.#init));
  }

  have(digest: string, pieces: readonly number[]): void {
    this.#parts.get(digest)?.have(pieces);
  }

  async whole(): Promise<void> {}

  end(): void {}

  async close(): Promise<void> {
    await Promise.all([...this.#parts.values()].map((part) => part.stop()));
    this.#parts.clear();
  }
}

/** One file, whose pieces may come before it is open. */
class PassedPart {
  readonly #early: number[] = [];
  readonly #starting: Promise<void>;
  #share: PartialShare | undefined;

  constructor(part: SharablePart, { share, logger }: PassOnInit) {
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
