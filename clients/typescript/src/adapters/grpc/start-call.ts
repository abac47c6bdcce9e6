import { constants } from 'node:http2';
import { callHeaders } from '../../core/wire/call-headers.ts';
import { frameMessage } from '../../core/wire/chunk-frame.ts';
import { connectionError } from '../../core/wire/connection-error.ts';
import { streamReset } from '../../core/wire/stream-reset.ts';
import { CardumeError, errnoOf, messageOf } from '../../errors/cardume-error.ts';
import type { Connection } from './connection.ts';
import { errorOfStatus, readGrpcStatus } from './grpc-status.ts';
import type { MessageReader } from './message-reader.ts';
import { PausableTap } from './pausable-tap.ts';
import type { ReceivingCall } from './receiving-call.ts';

/** What is called, and how. */
export interface SessionCall {
  path: string;
  request: Uint8Array;
  reader: MessageReader;
  deadlineMs: number | undefined;
  metadata: Readonly<Record<string, string>> | undefined;
  /** Whether another certificate would be used by now. */
  isOutdated: () => boolean;
}

/** Calls a method over a connection, which is open. */
export function startCall(connection: Connection, call: SessionCall): ReceivingCall {
  const { path, request, reader, deadlineMs, metadata, isOutdated } = call;
  const { who, scheme, authority, session, tapped, windowBytes } = connection;
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  const stream = session.request(callHeaders({ scheme, authority, path, deadlineMs, metadata }));
  connection.begin();
  const tap = new PausableTap({
    windowBytes,
    onBytes(bytes) {
      if (settled) return;
      try {
        reader.push(bytes);
      } catch (error) {
        settle(CardumeError.is(error) ? error : new CardumeError('INTERNAL', messageOf(error), { cause: error }));
      }
    },
    onDrained: () => settleWhenWhole(),
    onExcess: () => settle(new CardumeError('BYTES_MISMATCH', `${who} sent more than it was let`)),
    allow: (bytes) => tapped.allow(stream.id ?? 0, bytes),
  });
  const startTap = (): void => {
    if (stream.id !== undefined) tapped.tap(stream.id, tap);
  };
  const untap = (): void => {
    if (stream.id !== undefined) tapped.untap(stream.id);
  };
  if (stream.pending) stream.once('ready', startTap);
  else startTap();
  // No bytes come this way; that it has ended does.
  stream.resume();
  let settled = false;
  let allRead = false;
  let isOk = false;
  let hasFailed = false;

  const settle = (error: CardumeError | undefined): void => {
    if (settled) return;
    settled = true;
    if (error === undefined) {
      resolve();
      return;
    }
    reject(error);
    untap();
    stream.close(constants.NGHTTP2_CANCEL);
    // What still comes is let go of, so that the stream can end.
    stream.resume();
  };
  const settleWhenWhole = (): void => {
    if (!allRead || !isOk || tap.holds) return;
    settle(reader.isBetweenMessages ? undefined : new CardumeError('BYTES_MISMATCH', `${who} cut a message short`));
  };
  const takeStatus = (headers: Parameters<typeof readGrpcStatus>[0]): void => {
    const status = readGrpcStatus(headers);
    if (status?.code === 0) {
      isOk = true;
      settleWhenWhole();
      return;
    }
    const given = status ?? { code: 2, message: 'ended the call without a gRPC status', details: undefined };
    hasFailed = true;
    errorOfStatus(given, path, who).then((error) => {
      // It is the connection that is refused, and the next one is another's affair.
      const isOver = error.reason === 'CERTIFICATE_REFUSED' && isOutdated();
      settle(
        isOver ? new CardumeError('UNREACHABLE', `${who} ended a call with a certificate that is renewed now`) : error,
      );
    }, settle);
  };

  stream.on('response', (headers, flags) => {
    if (headers[':status'] !== 200 || !isGrpc(headers['content-type'])) {
      settle(new CardumeError('UNREACHABLE', `${who} is none: it answered HTTP ${headers[':status']}`));
    } else if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) {
      takeStatus(headers);
    }
  });
  stream.on('trailers', takeStatus);
  stream.once('response', () => tap.open());
  stream.on('end', () => {
    allRead = true;
    settleWhenWhole();
  });
  stream.on('error', (error) => {
    const isReset = errnoOf(error) === 'ERR_HTTP2_STREAM_ERROR';
    const failure = isReset ? streamReset(who, stream.rstCode) : connectionError(who, error, connection.isGreeted);
    settle(connection.failure ?? failure);
  });
  stream.on('close', () => {
    untap();
    connection.end();
    // After the events of what came last, a status among them, whose error may take a moment to be decoded.
    setImmediate(() => {
      if (!hasFailed && !(allRead && isOk)) settle(connection.failure ?? streamReset(who, stream.rstCode));
    });
  });
  stream.end(frameMessage(request));

  return {
    ended,
    pause: () => tap.pause(),
    resume: () => tap.resume(),
    cancel(error) {
      if (!settled && error.reason === 'TIMED_OUT') connection.doubt();
      settle(error);
    },
  };
}

function isGrpc(contentType: string | undefined): boolean {
  return contentType?.startsWith('application/grpc') === true;
}
