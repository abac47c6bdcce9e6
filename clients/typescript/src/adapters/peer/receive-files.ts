import { DownloadFilesRequest, DownloadFilesResponse, TransferServiceDefinition } from '@cardume/proto/transfer/v1';
import { DownloadReader } from '../../core/wire/download-reader.ts';
import { CardumeError } from '../../errors/cardume-error.ts';
import { isErrorReason } from '../../errors/error-reason.ts';
import type { GrpcSession } from '../grpc/grpc-session.ts';
import type { ReceivingCall } from '../grpc/receiving-call.ts';
import { type DownloadSink, decodeMessage, watchCall } from './receive-download.ts';

/** Takes what a download of several files brings. What it throws ends the download with that error. */
export interface FilesSink extends DownloadSink {
  /** The next file of the request does not come, for this reason. */
  onFailure(digest: string, error: CardumeError): void;
}

/** What is asked of a holder, and for how long it may bring nothing. */
export interface ReceiveFilesInit {
  digests: readonly string[];
  /** `peer HOST:PORT`, for messages. */
  who: string;
  sink: FilesSink;
  /** For how long the stream may bring too little, in milliseconds. */
  stallTimeoutMs: number;
  signal: AbortSignal | undefined;
}

const { fullName, methods } = TransferServiceDefinition;
const path = `/${fullName}/${methods.downloadFiles.name}`;

/** Starts a `DownloadFiles`, and hands on what it brings as it comes. Every error of it is a CardumeError. */
export function receiveFiles(session: GrpcSession, init: ReceiveFilesInit): ReceivingCall {
  const { digests, who, sink } = init;
  const request = DownloadFilesRequest.encode({ digests: [...digests] }).finish();
  return watchCall(init, (came) =>
    session.call(
      path,
      request,
      new DownloadReader({
        onBytes(bytes) {
          came(bytes.length);
          sink.onBytes(bytes);
        },
        onMessage(message) {
          const { payload } = decodeMessage(DownloadFilesResponse, message, who);
          // A message about a file is a step whatever its size: there are as many as were asked for.
          came(Number.POSITIVE_INFINITY);
          if (payload?.$case === 'file') {
            sink.onFile(payload.value);
          } else if (payload?.$case === 'failure') {
            const { digest, reason, message: text } = payload.value;
            const known = isErrorReason(reason) ? reason : 'INTERNAL';
            sink.onFailure(digest, new CardumeError(known, text, { metadata: { digest } }));
          } else if (payload?.$case === 'chunk' && payload.value.length > 0) {
            sink.onBytes(payload.value);
          } else {
            throw new CardumeError('BYTES_MISMATCH', `${who} sent a message that says nothing`);
          }
        },
      }),
    ),
  );
}
