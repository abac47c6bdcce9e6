import { isWorthAskingAnother } from '../../core/failover/turns.ts';
import { cardumeErrorFrom } from '../../errors/from-unknown.ts';
import type { OpenChannel } from './open-channel.ts';

interface Opened {
  channel: Promise<OpenChannel>;
  /** With which it began. */
  certificate: string | undefined;
  users: number;
  isRetired: boolean;
}

/**
 * A channel that is opened anew after it has failed, or when there is another certificate: by itself one refuses calls for up to 5 s
 * when it could not connect once, though the server may be back at once. What still uses the one before goes on to its end.
 */
export class ReopenedChannel {
  readonly #open: () => Promise<OpenChannel>;
  readonly #certificateNow: () => string | undefined;
  #current: Opened | undefined;

  constructor(open: () => Promise<OpenChannel>, certificateNow: () => string | undefined) {
    this.#open = open;
    this.#certificateNow = certificateNow;
  }

  /** Does something with the channel. */
  async use<Result>(action: (channel: OpenChannel) => Promise<Result>): Promise<Result> {
    const used = this.#now();
    used.users += 1;
    try {
      return await action(await used.channel);
    } catch (error) {
      if (isWorthAskingAnother(cardumeErrorFrom(error))) this.#retire(used);
      throw error;
    } finally {
      used.users -= 1;
      closeUnused(used);
    }
  }

  /** Closes it; calls under way fail with CANCELLED. */
  close(): void {
    if (this.#current !== undefined) closeNow(this.#current);
    this.#current = undefined;
  }

  #now(): Opened {
    const certificate = this.#certificateNow();
    if (this.#current !== undefined && this.#current.certificate !== certificate) this.#retire(this.#current);
    this.#current ??= { channel: this.#open(), certificate, users: 0, isRetired: false };
    return this.#current;
  }

  #retire(opened: Opened): void {
    if (this.#current === opened) this.#current = undefined;
    opened.isRetired = true;
    closeUnused(opened);
  }
}

function closeUnused(opened: Opened): void {
  if (opened.isRetired && opened.users === 0) closeNow(opened);
}

function closeNow({ channel }: Opened): void {
  channel.then(
    (open) => open.close(),
    () => undefined,
  );
}
