import { type MessagePort, parentPort } from 'node:worker_threads';
import { formatAddress } from '../../core/address/address.ts';
import { transferMetadata } from '../../core/model/transfer-id.ts';
import { type GrpcSession, openGrpcSession } from '../grpc/grpc-session.ts';
import { type Downloads, openDownloads } from '../peer/open-downloads.ts';
import { runSegmentJob } from '../segments/segment-job.ts';
import type { Receiving } from './lane.ts';
import { receiveRange } from './receive-range.ts';
import { receiveSmallFiles } from './receive-small-files.ts';
import { ResultBatch } from './result-batch.ts';
import { toSentError } from './sent-error.ts';
import type { FromThread, ToThread } from './thread-messages.ts';

const lanes = new Map<number, { session: GrpcSession; downloads: Downloads }>();
const running = new Map<number, Receiving>();

if (parentPort !== null) serve(parentPort);

function serve(port: MessagePort): void {
  const tell = (message: FromThread): void => port.postMessage(message);
  port.on('message', (message: ToThread) => {
    switch (message.kind) {
      case 'open': {
        const { stallTimeoutMs, windowBytes, tls, transferId } = message.options;
        const metadata = transferMetadata(transferId);
        const session = openGrpcSession(message.address, { windowBytes, tls, metadata });
        const downloads = openDownloads(session, formatAddress(message.address), stallTimeoutMs);
        lanes.set(message.lane, { session, downloads });
        break;
      }
      case 'range':
      case 'small-files':
        begin(message, tell);
        break;
      case 'wait':
        running.get(message.id)?.waitFor(message.waitMs);
        break;
      case 'cancel':
        running.get(message.id)?.cancel();
        break;
      case 'round-trip': {
        const { id } = message;
        const asked = lanes.get(message.lane)?.session.roundTripMs() ?? Promise.resolve(undefined);
        asked.then((roundTripMs) => tell({ kind: 'round-trip', id, roundTripMs }));
        break;
      }
      case 'close':
        lanes.get(message.lane)?.session.close();
        lanes.delete(message.lane);
        break;
      case 'end':
        port.close();
    }
  });
}

type Job = Extract<ToThread, { job: unknown }>;

function begin(message: Job, tell: (message: FromThread) => void): void {
  const { id } = message;
  const batch = new ResultBatch(id, message.job.isPaced, tell);
  const receiving = start(message, batch);
  running.set(id, receiving);
  const settle = (thrown?: unknown): void => {
    running.delete(id);
    batch.flush();
    tell({ kind: 'ended', id, error: thrown === undefined ? undefined : toSentError(thrown) });
  };
  receiving.ended.then(() => settle(), settle);
}

function start(message: Job, batch: ResultBatch): Receiving {
  const lane = lanes.get(message.lane);
  if (lane === undefined) throw new Error('a job came for a lane that is closed');
  return message.kind === 'range'
    ? receiveRange(lane.downloads, message.job, batch, runSegmentJob)
    : receiveSmallFiles(lane.downloads, message.job, batch);
}
