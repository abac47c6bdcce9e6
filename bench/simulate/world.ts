import type { EventQueue } from './event-queue.ts';
import type { Histogram } from './histogram.ts';
import type { Scenario } from './scenario.ts';

/** What all in a simulated network share. */
export interface World {
  readonly scenario: Scenario;
  readonly queue: EventQueue;
  readonly random: () => number;
  /** How long planners took, each time that they were asked for a request. */
  readonly planning: Histogram;
  /** What came that was verified already, or wrong. */
  wastedBytes: number;
  /** How often a source that serves as many as it may refused one more. */
  refusals: number;
}
