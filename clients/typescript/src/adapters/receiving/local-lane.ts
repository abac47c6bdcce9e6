import type { PeerClient } from '../peer/open-peer.ts';
import { runSegmentBeside } from '../segments/run-segment-beside.ts';
import type { Lane } from './lane.ts';
import { receiveRange } from './receive-range.ts';
import { receiveSmallFiles } from './receive-small-files.ts';

/**
 * Makes a lane in this thread, of a connection that is there: on a machine of one core, and for files that are done before a
 * thread starts. It leaves the connection open.
 */
export function localLane(peer: PeerClient): Lane {
  return {
    receiveRange: (job, sink) => receiveRange(peer, job, sink, runSegmentBeside),
    receiveSmallFiles: (job, sink) => receiveSmallFiles(peer, job, sink),
    roundTripMs: () => peer.roundTripMs(),
    close() {},
  };
}
