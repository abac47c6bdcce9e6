/** What is simulated. Bytes a second, milliseconds. */
export interface Scenario {
  name: string;
  title: string;
  /** Downloaders; the seeder is one more. */
  peers: number;
  seed: number;
  pieceCount: number;
  pieceLengthBytes: number;
  seedUplink: number;
  /** Of the downloaders: all have `uplink`, or that is the median of a long tail. */
  uplinks: 'equal' | 'long-tailed';
  uplink: number;
  downlink: number;
  /** One way. */
  latencyMs: number;
  /** How many sources a downloader knows at once, and how many of them bring something at once. */
  sources: number;
  parallel: number;
  /** How much of its uplink a peer has for each whom it serves, at the least; and how many it serves at the least, and the most. */
  bytesPerSecondPerSlot: number;
  minSlots: number;
  maxSlots: number;
  /** Which part of the peers leaves each minute; a new one comes for each. */
  churnPerMinute: number;
  /** Which part of the peers claims to have all, and serves wrong bytes. */
  liars: number;
}

/**
 * The usual one. 256 pieces: with 10,000 peers that is 2.6 million transfers, and a file of 1 GiB really has 1,024; larger
 * pieces take longer from machine to machine, so that the results are worse than they would be.
 */
export const usualScenario: Scenario = {
  name: 'equal',
  title: 'equal uplinks',
  peers: 100,
  seed: 1,
  pieceCount: 256,
  pieceLengthBytes: 4 * 1024 * 1024,
  seedUplink: 20e6,
  uplinks: 'equal',
  uplink: 20e6,
  downlink: 100e6,
  latencyMs: 5,
  sources: 24,
  parallel: 12,
  bytesPerSecondPerSlot: 5e6,
  minSlots: 3,
  maxSlots: 24,
  churnPerMinute: 0,
  liars: 0,
};

/** The scenarios that are run, besides how many peers there are. */
export const scenarios: readonly Scenario[] = [
  usualScenario,
  { ...usualScenario, name: 'long-tailed', title: 'long-tailed uplinks', uplinks: 'long-tailed' },
  {
    ...usualScenario,
    name: 'hostile',
    title: 'long-tailed uplinks, 5 % of the peers replaced each minute, 1 % liars',
    uplinks: 'long-tailed',
    churnPerMinute: 0.05,
    liars: 0.01,
  },
];

export function fileSizeBytes({ pieceCount, pieceLengthBytes }: Scenario): number {
  return pieceCount * pieceLengthBytes;
}

/** How many downloads at once a peer serves. */
export function slotsFor(uplink: number, { bytesPerSecondPerSlot, minSlots, maxSlots }: Scenario): number {
  return Math.max(minSlots, Math.min(maxSlots, Math.round(uplink / bytesPerSecondPerSlot)));
}
