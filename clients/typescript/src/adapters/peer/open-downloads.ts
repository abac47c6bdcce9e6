import { stallTimeoutMs as defaultStallTimeoutMs } from '../../core/download/holder-patience.ts';
import type { GrpcSession } from '../grpc/grpc-session.ts';
import type { ReceivingCall } from '../grpc/receiving-call.ts';
import { type DownloadSink, receiveDownload } from './receive-download.ts';
import { type FilesSink, receiveFiles } from './receive-files.ts';

/** Which bytes to download. */
export interface DownloadRange {
  /** The file's digest; or its name within the share, or both. */
  digest?: string;
  name?: string;
  /** The first byte. Default: 0. */
  offset?: number;
  /** How many bytes at the most. Default: all to the end. */
  limit?: number;
}

/** Options of a call that brings bytes. */
export interface ReceiveOptions {
  signal?: AbortSignal | undefined;
}

/** What brings bytes of a peer. */
export interface Downloads {
  /** Whom it leads to: `HOST:PORT`. */
  readonly target: string;
  /** Starts a download whose bytes are handed on as they come, without anything between: for who moves many of them. */
  receive(range: DownloadRange, sink: DownloadSink, options?: ReceiveOptions): ReceivingCall;
  /** Starts a download of several whole files, 1 to 1,000 of them; they come in this order. */
  receiveFiles(digests: readonly string[], sink: FilesSink, options?: ReceiveOptions): ReceivingCall;
}

/**
 * Makes the calls that bring bytes over a session. They need nothing of gRPC's client, so that a thread is quick to start with
 * them.
 *
 * @param target `HOST:PORT` of the peer
 * @param stallTimeoutMs for how long a stream may bring too little before it is given up. Default: 20,000
 */
export function openDownloads(
  session: GrpcSession,
  target: string,
  stallTimeoutMs: number = defaultStallTimeoutMs,
): Downloads {
  const who = `peer ${target}`;
  return {
    target,
    receive({ digest = '', name = '', offset = 0, limit = 0 }, sink, { signal } = {}) {
      const request = { digest, name, readOffset: offset, readLimit: limit };
      return receiveDownload(session, { request, who, sink, stallTimeoutMs, signal });
    },
    receiveFiles: (digests, sink, { signal } = {}) =>
      receiveFiles(session, { digests, who, sink, stallTimeoutMs, signal }),
  };
}
