import type { PeerClient } from '../peer/open-peer.ts';
import { runSegmentBeside } from '../segments/run-segment-beside.ts';
import { runSegmentJob } from '../segments/segment-job.ts';
import type { Lane } from './lane.ts';
import { receiveRange } from './receive-range.ts';
import { receiveSmallFiles } from './receive-small-files.ts';

/**
 * Makes a lane in this thread, of a connection that is there. It leaves the connection open.
 *
 * @param writesHere whether this thread waits for the disk, or has others write
 */
export function localLane(peer: PeerClient, writesHere: boolean): Lane {
  return {
    receiveRange: (job, sink) => receiveRange(peer, job, sink, writesHere ? runSegmentJob : runSegmentBeside),
    receiveSmallFiles: (job, sink) => receiveSmallFiles(peer, job, sink),
    roundTripMs: () => peer.roundTripMs(),
    close() {},
  };
}
