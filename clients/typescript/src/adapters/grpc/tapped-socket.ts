import { connect as connectTcp, type LookupFunction, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import type { Address } from '../../core/address/address.ts';
import type { ClientTls } from '../../core/model/client-tls.ts';
import { FrameSplitter, windowUpdate } from '../../core/wire/frame-splitter.ts';
import { secureOptions } from './secure-options.ts';
import { keepSessions, resumableSession } from './tls-sessions.ts';

/** Into how much memory a connection is read, in bytes: used again and again, and as much as a core's cache likes. */
const readBytes = 256 * 1024;

/** Takes the bytes of one HTTP/2 stream. */
export interface StreamTap {
  /** The next bytes: a view that is only good during the call. */
  onData(bytes: Uint8Array): void;
  /** A frame has taken so much of the stream's window. */
  onFrame(flowBytes: number): void;
}

/** A connection whose HTTP/2 is spoken by Node, but for the bytes of streams. */
export interface TappedSocket {
  /** For `http2.connect`. */
  readonly duplex: Duplex;
  /** The connection itself. */
  readonly socket: Socket;
  /** How many bytes have come, of whatever kind. */
  readonly receivedBytes: number;
  /** When some came last, by `performance.now()`; before that, when it was opened. */
  readonly receivedMs: number;
  /** Hands the bytes of a stream on from now. */
  tap(streamId: number, stream: StreamTap): void;
  /** What comes of a stream from now on is for HTTP/2 to deal with. */
  untap(streamId: number): void;
  /** Lets the sender of a tapped stream send so many bytes more. */
  allow(streamId: number, bytes: number): void;
}

/**
 * Connects, and takes the bytes of streams out before Node's HTTP/2 sees them: it would have each 16 KiB of them in an object
 * of their own, in memory that is new each time. All else goes through it, so that headers, settings and errors are its affair.
 *
 * HTTP/2 does not know of those bytes, so that both windows are kept open here: the connection's as soon as bytes have
 * come, a stream's when its taker allows more.
 *
 * @param windowBytes the window of the connection, which HTTP/2 has told the other side
 * @param way how the host's name becomes addresses, by default by the system's resolver; or a Unix domain socket in place of them
 */
export function openTappedSocket(
  { host, port }: Address,
  tls: ClientTls | undefined,
  windowBytes: number,
  { lookup, socketPath }: { lookup?: LookupFunction | undefined; socketPath?: string | undefined } = {},
): TappedSocket {
  const taps = new Map<number, StreamTap>();
  const rest: Buffer[] = [];
  let takenBytes = 0;
  let receivedBytes = 0;
  let receivedMs = performance.now();
  const splitter = new FrameSplitter({
    takes: (streamId) => taps.has(streamId),
    onData: (streamId, bytes) => taps.get(streamId)?.onData(bytes),
    onFrame(streamId, flowBytes) {
      takenBytes += flowBytes;
      taps.get(streamId)?.onFrame(flowBytes);
    },
    onRest: (bytes) => void rest.push(Buffer.from(bytes)),
  });
  const take = (lengthBytes: number, buffer: Buffer): boolean => {
    receivedBytes += lengthBytes;
    receivedMs = performance.now();
    try {
      splitter.push(buffer.subarray(0, lengthBytes));
    } catch (error) {
      duplex.destroy(error as Error);
      return false;
    }
    if (rest.length > 0) duplex.push(Buffer.concat(rest.splice(0)));
    if (takenBytes >= windowBytes / 4) {
      socket.write(windowUpdate(0, takenBytes));
      takenBytes = 0;
    }
    return true;
  };
  const onread = {
    buffer: Buffer.allocUnsafeSlow(readBytes),
    callback: take as (bytes: number, buffer: Uint8Array) => boolean,
  };
  const byAddress = { host, port, onread, ...(lookup === undefined ? {} : { lookup }) };
  const where = socketPath === undefined ? byAddress : { path: socketPath, onread };
  const socket = tls === undefined ? connectTcp(where) : connectSecurely({ host, port }, tls, where);
  socket.setNoDelay(true);
  const duplex = new Duplex({
    read() {},
    write: (chunk: Buffer, _encoding, done) => void socket.write(chunk, done),
    // At once, so that no frame of ours gets between the parts of another one.
    writev(chunks, done) {
      socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), done);
    },
    final: (done) => void socket.end(done),
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  // Not `push(null)`: Node shuts such a stream down then, and when the session is closed in the same moment, it writes to it
  // and throws ERR_INTERNAL_ASSERTION, which nobody can catch. A server that has ended its half has nothing more to say.
  const destroyWhenRead = (): void => {
    if (duplex.readableLength === 0) duplex.destroy();
    else setImmediate(destroyWhenRead);
  };
  socket.on('end', destroyWhenRead);
  socket.on('error', (error) => duplex.destroy(error));
  socket.on('close', () => duplex.destroy());
  return {
    duplex,
    socket,
    get receivedBytes() {
      return receivedBytes;
    },
    get receivedMs() {
      return receivedMs;
    },
    tap: (streamId, stream) => void taps.set(streamId, stream),
    untap: (streamId) => void taps.delete(streamId),
    allow(streamId, bytes) {
      if (taps.has(streamId) && socket.writable) socket.write(windowUpdate(streamId, bytes));
    },
  };
}

function connectSecurely(address: Address, tls: ClientTls, where: ConnectionOptions): TLSSocket {
  const options = { ...where, ...secureOptions(tls, address.host), ...resumableSession(address, tls) };
  const socket = connectTls(options);
  keepSessions(socket, address, tls);
  return socket;
}
