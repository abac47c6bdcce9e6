import { DownloadRequest, DownloadResponse, TransferServiceDefinition } from '@cardume/proto/transfer/v1';
import { blockSizeBytes } from '../../core/digest/piece-length.ts';
import type { SharedFile } from '../../core/model/shared-file.ts';
import { DownloadReader } from '../../core/wire/download-reader.ts';
import { CardumeError, messageOf } from '../../errors/cardume-error.ts';
import type { GrpcSession } from '../grpc/grpc-session.ts';
import type { ReceivingCall } from '../grpc/receiving-call.ts';
import { StallWatch } from '../grpc/stall-watch.ts';

/** Takes what a download brings. What it throws ends the download with that error. */
export interface DownloadSink {
  /** What the holder says the file is; once, before any bytes. Nothing of it is proven. */
  onFile(file: SharedFile): void;
  /** The next bytes, in order; never none. They are views that are only good during the call. */
  onBytes(bytes: Uint8Array): void;
}

/** What is asked of a holder, and for how long it may bring nothing. */
export interface ReceiveInit {
  request: DownloadRequest;
  /** `peer HOST:PORT`, for messages. */
  who: string;
  sink: DownloadSink;
  /** For how long the stream may bring too little, in milliseconds. */
  stallTimeoutMs: number;
  signal: AbortSignal | undefined;
}

const downloadPath = `/${TransferServiceDefinition.fullName}/${TransferServiceDefinition.methods.download.name}`;

/** Starts a `Download`, and hands its bytes on as they come. Every error of it is a CardumeError. */
export function receiveDownload(session: GrpcSession, init: ReceiveInit): ReceivingCall {
  const { request, who, sink } = init;
  let described = false;
  const notDescribed = (): CardumeError =>
    new CardumeError('BYTES_MISMATCH', `${who} did not begin the download with the file`);
  const call = watchCall(init, (came) => {
    const takeBytes = (bytes: Uint8Array): void => {
      if (!described) throw notDescribed();
      came(bytes.length);
      sink.onBytes(bytes);
    };
    const reader = new DownloadReader({
      onBytes: takeBytes,
      onMessage(message) {
        const { payload } = decodeMessage(DownloadResponse, message, who);
        if (payload?.$case === 'chunk' && payload.value.length > 0) {
          takeBytes(payload.value);
        } else if (payload?.$case === 'file' && !described) {
          described = true;
          sink.onFile(payload.value);
        } else {
          throw new CardumeError('BYTES_MISMATCH', `${who} sent a message without bytes in the middle of a file`);
        }
      },
    });
    return session.call(downloadPath, DownloadRequest.encode(request).finish(), reader);
  });
  const ended = call.ended.then(() => {
    if (!described) throw notDescribed();
  });
  return { ...call, ended };
}

/**
 * Gives a call up when it brings too little, or when a signal fires.
 *
 * @param start starts the call; what came is to be told to it
 */
export function watchCall(
  { who, stallTimeoutMs, signal }: Pick<ReceiveInit, 'who' | 'stallTimeoutMs' | 'signal'>,
  start: (came: (bytes: number) => void) => ReceivingCall,
): ReceivingCall {
  const call = start((bytes) => watch.came(bytes));
  const watch = new StallWatch({
    timeoutMs: stallTimeoutMs,
    enoughBytes: blockSizeBytes,
    onStall: () => call.cancel(new CardumeError('TIMED_OUT', `too little came for ${stallTimeoutMs / 1000} s`)),
  });
  const abort = (): void => call.cancel(new CardumeError('CANCELLED', `${who}: cancelled`));
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort);
  return {
    ended: call.ended.finally(() => {
      watch.stop();
      signal?.removeEventListener('abort', abort);
    }),
    pause() {
      watch.pause();
      call.pause();
    },
    resume() {
      watch.resume();
      call.resume();
    },
    cancel: call.cancel,
  };
}

/** @throws CardumeError BYTES_MISMATCH when the bytes are no such message */
export function decodeMessage<Message>(
  type: { decode(bytes: Uint8Array): Message },
  message: Uint8Array,
  who: string,
): Message {
  try {
    return type.decode(message);
  } catch (error) {
    throw new CardumeError('BYTES_MISMATCH', `${who} sent what is no message of a download: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
