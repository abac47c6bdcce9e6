import { seededRandom } from '../../tests/support/seeded-random.ts';
import { median } from '../support/median-and-range.ts';
import { EventQueue } from './event-queue.ts';
import { Histogram } from './histogram.ts';
import { fileSizeBytes, type Scenario } from './scenario.ts';
import { SimIndex } from './sim-index.ts';
import { SimPeer } from './sim-peer.ts';
import type { World } from './world.ts';

/** What came of a simulation. Times in milliseconds of the simulated world, if not said otherwise. */
export interface SwarmResult {
  scenario: Scenario;
  /** What no system can beat: a fluid that all uplinks pass on without a pause. */
  boundMs: number;
  lastMs: number;
  medianMs: number;
  /** How many of those that were there from the beginning, and stayed, have the file; and how many there are. */
  finished: number;
  expected: number;
  /** Of what arrived, which part had been verified already or was wrong. */
  wastedPart: number;
  /** How often a peer that serves as many as it may refused one more. */
  refusals: number;
  /** How long `next` took on this machine. */
  planning: Histogram;
  events: number;
  /** Of the heap, at half of the bound, for each peer: its planner, and what the simulator has of it. */
  bytesPerPeer: number;
  /** How long the simulation took on this machine. */
  seconds: number;
}

/** A simulated network, in which one file goes from one seeder to everybody. */
export class Swarm implements World {
  readonly scenario: Scenario;
  readonly queue = new EventQueue();
  readonly random: () => number;
  readonly #index = new SimIndex<SimPeer>();
  readonly planning = new Histogram();
  wastedBytes = 0;
  refusals = 0;
  #joined = 0;
  #missing = 0;
  readonly #first: SimPeer[] = [];

  constructor(scenario: Scenario) {
    this.scenario = scenario;
    this.random = seededRandom(scenario.seed);
  }

  /** @param memoryBytes how much memory is used now, without what is garbage */
  run(memoryBytes: () => number): SwarmResult {
    const { scenario, queue } = this;
    const startMs = performance.now();
    const beforeBytes = memoryBytes();
    this.#join({ isSeed: true, uplink: scenario.seedUplink });
    for (let peer = 0; peer < scenario.peers; peer++) this.#first.push(this.#joinOne());
    this.#missing = this.#first.filter((peer) => peer.isMissing).length;
    const boundMs = this.#boundMs();
    if (scenario.churnPerMinute > 0) this.#churn();
    let bytesPerPeer = 0;
    queue.after(boundMs / 2, () => {
      bytesPerPeer = (memoryBytes() - beforeBytes) / scenario.peers;
    });
    let events = 0;
    while (this.#missing > 0 && queue.nowMs < boundMs * 20 && queue.step()) events += 1;
    const stayed = this.#first.filter(({ isGone, isLiar }) => !isGone && !isLiar);
    const times = stayed.flatMap(({ doneMs }) => (doneMs === undefined ? [] : [doneMs]));
    const receivedBytes = times.length * fileSizeBytes(scenario);
    return {
      scenario,
      boundMs,
      lastMs: times.length < stayed.length ? Number.NaN : Math.max(...times),
      medianMs: median(times),
      finished: times.length,
      expected: stayed.length,
      wastedPart: this.wastedBytes / (receivedBytes + this.wastedBytes),
      refusals: this.refusals,
      planning: this.planning,
      events,
      bytesPerPeer,
      seconds: (performance.now() - startMs) / 1_000,
    };
  }

  #joinOne(): SimPeer {
    const { uplink, uplinks, liars } = this.scenario;
    const own = uplinks === 'equal' ? uplink : longTailed(uplink, this.random);
    return this.#join({ isSeed: false, uplink: own, isLiar: this.random() < liars });
  }

  #join({ isSeed, uplink, isLiar = false }: { isSeed: boolean; uplink: number; isLiar?: boolean }): SimPeer {
    const onDone = (done: SimPeer): void => {
      if (done.joinedMs === 0) this.#missing -= 1;
    };
    const id = String(this.#joined++);
    const peer = new SimPeer({ world: this, index: this.#index, id, isSeed, isLiar, uplink, onDone });
    this.#index.add(peer);
    peer.start();
    return peer;
  }

  /** Somebody leaves, a new one comes in its place, and so on. The seeder stays. */
  #churn(): void {
    const perMs = (this.scenario.churnPerMinute * this.scenario.peers) / 60_000;
    this.queue.after(-Math.log(1 - this.random()) / perMs, () => {
      const leaving = this.#index.peers[Math.floor(this.random() * this.#index.peers.length)];
      if (leaving !== undefined && leaving.id !== '0') {
        this.#index.remove(leaving);
        if (leaving.joinedMs === 0 && leaving.isMissing) this.#missing -= 1;
        leaving.leave();
        this.#joinOne();
      }
      this.#churn();
    });
  }

  /** The larger of: one copy out of the seeder, one into the slowest downlink, all copies out of all uplinks. */
  #boundMs(): number {
    const { scenario } = this;
    const bytes = fileSizeBytes(scenario);
    const honest = this.#first.filter(({ isLiar }) => !isLiar);
    const uplinks = honest.reduce((sum, { uplinkBytesPerMs }) => sum + uplinkBytesPerMs, scenario.seedUplink / 1_000);
    return Math.max(
      (bytes * 1_000) / scenario.seedUplink,
      (bytes * 1_000) / scenario.downlink,
      (bytes * honest.length) / uplinks,
    );
  }
}

/** Around a median, log-normally: one in six has less than 0.37 of it, one in six more than 2.7 times, between a 20th and five times. */
function longTailed(middle: number, random: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return middle * Math.max(0.05, Math.min(5, Math.exp(normal)));
}
