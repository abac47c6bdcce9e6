import { isLoopback } from '../../core/address/address.ts';
import { TimeShare } from '../../core/concurrency/time-share.ts';
import type { PeerAddress, PeerClient } from '../peer/open-peer.ts';
import type { Lane } from './lane.ts';
import { localLane } from './local-lane.ts';
import { acquireReceiveThreads, type ReceiveThreads, receiveThreadCount } from './receive-threads.ts';
import type { LaneOptions } from './thread-messages.ts';

// A thread takes 80 ms of a processor to start, in which another one receives 40 MiB.
const threadsPayFromBytes = 64 * 1024 * 1024;
// Above it, what comes is about as much as one thread can take …
const busyShare = 0.6;
// … or as much as others leave it, when it has something to do all the time: another thread then gets its part, too. On a
// machine that all are short of, so that it gets less, another one would only take from who sends.
const crowdedShare = 0.3;
const allTheTime = 0.9;

/** What decides where a download receives. */
export interface ReceivePlacesInit {
  /** How much is to come. */
  bytes: number;
  /** Whether the thread that this is called in may wait for the disk, and so may receive itself. */
  blocksThread: boolean;
  /** With what a thread connects to a peer. */
  laneOptions: (address: PeerAddress) => LaneOptions;
}

/**
 * Where a download receives: in this thread, in others, or in both.
 *
 * Other threads cost as much processor time to start and to warm up as receiving some hundred MiB, so that a thread which may
 * wait for the disk receives alone for as long as it keeps up: until it takes most of a processor, or of what others leave it.
 * From this very machine bytes come faster than that, so that the others are started at once.
 */
export class ReceivePlaces {
  readonly #init: ReceivePlacesInit;
  readonly #processorShare = new TimeShare();
  readonly #loopShare = new TimeShare();
  #threads: ReceiveThreads | undefined;
  #localLanes = 0;
  #isSharedOut: boolean;

  constructor(init: ReceivePlacesInit) {
    this.#init = init;
    this.#isSharedOut = !init.blocksThread;
  }

  /** How many connections are of use for the processors' sake, to whomever they lead. */
  laneCount(): number {
    if (this.#isLittle) return 1;
    this.#isSharedOut ||= this.#isBusy();
    // Those of this thread which are too many for it are each made up for by one that is not.
    return this.#isSharedOut ? Math.max(1, receiveThreadCount) + Math.max(0, this.#localLanes - 1) : 1;
  }

  /** Opens the first, the second, … connection to a holder; counted from 0. */
  openLane(peer: PeerClient, index: number): Lane {
    if (isLoopback(peer.address.host)) this.#isSharedOut = true;
    const isFree = this.#localLanes === 0 && this.#threads === undefined;
    const isHere = this.#isLittle || (this.#init.blocksThread && (isFree || !this.#isSharedOut));
    // A second lane to the same peer is for a second connection.
    return isHere && index === 0 ? this.#openHere(peer) : this.#openInThread(peer.address);
  }

  /** Lets the threads go. All lanes are to be closed before. */
  close(): void {
    this.#threads?.close();
  }

  get #isLittle(): boolean {
    return receiveThreadCount === 0 || this.#init.bytes < threadsPayFromBytes;
  }

  #isBusy(): boolean {
    const nowMs = performance.now();
    const share = this.#processorShare.look(processorMs, nowMs);
    const loopShare = this.#loopShare.look(activeMs, nowMs);
    return share > busyShare || (share > crowdedShare && loopShare > allTheTime);
  }

  #openHere(peer: PeerClient): Lane {
    const lane = localLane(peer, this.#init.blocksThread);
    this.#localLanes += 1;
    return {
      ...lane,
      close: () => {
        this.#localLanes -= 1;
        lane.close();
      },
    };
  }

  #openInThread(address: PeerAddress): Lane {
    this.#threads ??= acquireReceiveThreads();
    return this.#threads.openLane(address, this.#init.laneOptions(address));
  }
}

/** What this process has used of processors. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** For how long this thread has had something to do. */
function activeMs(): number {
  return performance.eventLoopUtilization().active;
}
