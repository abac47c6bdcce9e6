import {
  type Address,
  CardumeError,
  formatAddress,
  messageOf,
  type PartSharer,
  printable,
  type SharablePart,
} from '@cardume/client';
import type { PartialShare, RunningPeer } from '@cardume/peer';
import type { Context } from './context.ts';

/** Less than this is there before anybody could ask for it. */
const minSharedBytes = 32 * 1024 * 1024;

export interface ShareWhileGettingInit {
  index: Address;
  /** `HOST:PORT`; port 0: a free one. */
  listen: string;
  insecure: boolean;
  /** In bytes per second. Default: all that leave. */
  maxUploadBytesPerSecond: number | undefined;
}

/** Shares what is being downloaded; to be closed. */
export interface GettingSharer extends PartSharer {
  /** Whether there is anything that is shared. */
  readonly isSharing: boolean;
  close(): Promise<void>;
}

/**
 * Shares files while the command downloads them: a peer of its own, which is at the index as long as the command runs. It
 * starts with the first large file, and beside its download. That it cannot is told once, and is no reason to fail.
 */
export function shareWhileGetting(init: ShareWhileGettingInit, { terminal }: Pick<Context, 'terminal'>): GettingSharer {
  const parts = new Map<string, SharedPart>();
  let starting: Promise<RunningPeer> | undefined;
  let peer: RunningPeer | undefined;
  let isClosed = false;

  const startPeerOnce = async (): Promise<RunningPeer> => {
    const { startPeer } = await import('@cardume/peer');
    const { index, listen, insecure, maxUploadBytesPerSecond } = init;
    const shared = { index: formatAddress(index), listen, insecure, maxUploadBytesPerSecond };
    peer = await startPeer({ paths: [], ...shared, logLevel: 'silent' });
    if (isClosed) await peer.stop(0);
    return peer;
  };
  const tellOnce = (error: unknown): void => {
    if (isClosed) return;
    isClosed = true;
    const why = CardumeError.is(error) ? error.message : messageOf(error);
    terminal.note(`Not shared with others while it comes: ${printable(why)}`);
  };

  return {
    get ownAddress() {
      return peer?.address;
    },
    get isSharing() {
      return parts.size > 0 && !isClosed;
    },
    begin(part) {
      if (isClosed || part.sizeBytes < minSharedBytes) return;
      const shared = new SharedPart(part);
      parts.set(part.digest, shared);
      starting ??= startPeerOnce();
      starting.then((running) => shared.start(running)).catch(tellOnce);
    },
    have: (digest, pieces) => parts.get(digest)?.have(pieces),
    async whole(digest, path) {
      await parts.get(digest)?.whole(path).catch(tellOnce);
    },
    end(digest) {
      if (parts.get(digest)?.isWhole === false) parts.delete(digest);
    },
    async close() {
      isClosed = true;
      await starting?.catch(() => undefined);
      await peer?.stop(0);
    },
  };
}

/** One file, whose pieces may come before the peer has started. */
class SharedPart {
  readonly #part: SharablePart;
  readonly #early: number[] = [];
  #starting: Promise<void> | undefined;
  #share: PartialShare | undefined;
  isWhole = false;

  constructor(part: SharablePart) {
    this.#part = part;
  }

  start(peer: RunningPeer): Promise<void> {
    // Under its name it is another file by now, and soon the command is done.
    if (!this.isWhole) this.#starting ??= this.#begin(peer);
    return this.#starting ?? Promise.resolve();
  }

  have(pieces: readonly number[]): void {
    if (this.#share === undefined) this.#early.push(...pieces);
    else for (const piece of pieces) this.#share.have(piece);
  }

  async whole(path: string): Promise<void> {
    this.isWhole = true;
    await this.#starting;
    await this.#share?.whole(path);
  }

  async #begin(peer: RunningPeer): Promise<void> {
    const share = await peer.sharePartial({ ...this.#part, have: [...this.#part.have, ...this.#early] });
    this.#share = share;
    // Those of before, and those that came meanwhile.
    for (const piece of this.#early) share.have(piece);
  }
}
