import type { Duplex } from 'node:stream';
import {
  type Addresses,
  CardumeError,
  formatAddress,
  messageOf,
  type PartSharer,
  printable,
  type RateLimit,
  type SharablePart,
} from '@cardume/client';
import type { PartialShare, RunningPeer, ShareTeller } from '@cardume/peer';
import type { Context } from './context.ts';
import type { ShortLivedNetwork } from './reach-index.ts';

/** Less than this is there before anybody could ask for it. */
const minSharedBytes = 32 * 1024 * 1024;
/** So is what comes in less than this; a peer of its own would only make it slower. */
const minRemainingMs = 3_000;
const estimateEveryMs = 250;

export interface ShareWhileGettingInit {
  index: Addresses;
  /** Enrols as a peer of its own: several commands may run at once. */
  network: () => Promise<ShortLivedNetwork | undefined>;
  /** `HOST:PORT`; port 0: a free one. */
  listen: string;
  insecure: boolean;
  /** Default: all that leave. */
  maxUploadBytesPerSecond: RateLimit | undefined;
}

/** Shares what is being downloaded; to be closed. */
export interface GettingSharer extends PartSharer {
  /** Whether there is anything that is shared. */
  readonly isSharing: boolean;
  /** Tells of what is shared; undefined: nothing is yet. */
  readonly teller: ShareTeller | undefined;
  /** Has a peer that nobody can dial connect to this one; undefined: nothing is shared yet. */
  callBack(peerId: string): Promise<Duplex> | undefined;
  close(): Promise<void>;
}

/**
 * Shares files while the command downloads them: a peer of its own, which is at the index as long as the command runs. It
 * starts with the first large file that will take some seconds more. That it cannot is told once, and is no reason to fail.
 */
export function shareWhileGetting(
  init: ShareWhileGettingInit,
  { terminal, nowMs }: Pick<Context, 'terminal' | 'nowMs'>,
): GettingSharer {
  const parts = new Map<string, SharedPart>();
  let starting: Promise<RunningPeer> | undefined;
  let peer: RunningPeer | undefined;
  let own: ShortLivedNetwork | undefined;
  let isClosed = false;

  const startPeerOnce = async (): Promise<RunningPeer> => {
    const { startPeer } = await import('@cardume/peer');
    const { index, listen, insecure, maxUploadBytesPerSecond } = init;
    own = await init.network();
    const network = own?.network;
    const shared = { index: index.map(formatAddress).join(','), network, listen, insecure, maxUploadBytesPerSecond };
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
    get ownPeerId() {
      return peer?.peerId;
    },
    get ownAddress() {
      return peer?.address;
    },
    get isSharing() {
      return starting !== undefined && parts.size > 0 && !isClosed;
    },
    get teller() {
      return peer?.teller;
    },
    callBack: (peerId) => peer?.callBack(peerId),
    begin(part) {
      if (isClosed || part.sizeBytes < minSharedBytes) return;
      const shared = new SharedPart(part);
      parts.set(part.digest, shared);
      shared.whenItPays(nowMs, () => {
        if (isClosed) return;
        starting ??= startPeerOnce();
        starting.then((running) => shared.start(running)).catch(tellOnce);
      });
    },
    have: (digest, pieces) => parts.get(digest)?.have(pieces),
    async whole(digest, path) {
      await parts.get(digest)?.whole(path).catch(tellOnce);
    },
    end(digest) {
      const part = parts.get(digest);
      part?.end();
      if (part?.isWhole === false) parts.delete(digest);
    },
    async close() {
      isClosed = true;
      await starting?.catch(() => undefined);
      await peer?.stop(0);
      await own?.close();
    },
  };
}

/** One file, whose pieces may come before the peer has started. */
class SharedPart {
  readonly #part: SharablePart;
  readonly #early: number[] = [];
  #starting: Promise<void> | undefined;
  #share: PartialShare | undefined;
  #cameBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  isWhole = false;

  constructor(part: SharablePart) {
    this.#part = part;
  }

  /** Calls back when it is seen that the rest will take a while. */
  whenItPays(nowMs: () => number, start: () => void): void {
    const startMs = nowMs();
    const { sizeBytes, manifest, have } = this.#part;
    const missingBytes = sizeBytes - have.length * manifest.pieceLengthBytes;
    this.#timer = setInterval(() => {
      const remainingMs = ((missingBytes - this.#cameBytes) * (nowMs() - startMs)) / Math.max(this.#cameBytes, 1);
      if (remainingMs < minRemainingMs) return;
      this.end();
      start();
    }, estimateEveryMs).unref();
  }

  end(): void {
    clearInterval(this.#timer);
  }

  start(peer: RunningPeer): Promise<void> {
    // Under its name it is another file by now, and soon the command is done.
    if (!this.isWhole) this.#starting ??= this.#begin(peer);
    return this.#starting ?? Promise.resolve();
  }

  have(pieces: readonly number[]): void {
    this.#cameBytes += pieces.length * this.#part.manifest.pieceLengthBytes;
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
