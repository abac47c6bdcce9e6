import { isWorthAskingAnother } from '../../core/failover/turns.ts';
import { cardumeErrorFrom } from '../../errors/from-unknown.ts';
import type { OpenChannel } from './open-channel.ts';

interface Opened {
  channel: Promise<OpenChannel>;
  /** What it was opened upon. */
  basis: string;
  users: number;
  isRetired: boolean;
}

/**
 * A channel that is opened anew after it has failed, or when what it was opened upon has changed: by itself one refuses calls
 * for up to 5 s when it could not connect once, though the server may be back at once. What still uses the one before goes on
 * to its end.
 */
export class ReopenedChannel {
  readonly #open: () => Promise<OpenChannel>;
  readonly #basisNow: () => string;
  #current: Opened | undefined;

  /** @param basisNow what a channel is opened upon, such as the certificate: another one takes another channel */
  constructor(open: () => Promise<OpenChannel>, basisNow: () => string) {
    this.#open = open;
    this.#basisNow = basisNow;
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
    const basis = this.#basisNow();
    if (this.#current !== undefined && this.#current.basis !== basis) this.#retire(this.#current);
    this.#current ??= { channel: this.#open(), basis, users: 0, isRetired: false };
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
