import type { PairResult } from './measure-pairs.ts';

/** What one benchmark found. */
export interface BenchmarkResult extends PairResult {
  /** What was measured, and what it is compared with. */
  name: string;
  /** `GB/s`, `per second`. */
  unit: string;
  /** How many digits after the point say something. */
  digits: number;
  /** What the plain way leaves out, so that nobody reads more into the ratio than it says. */
  note: string;
}
