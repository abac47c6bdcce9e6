import { constants, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';

/** What grpc-js keeps to itself of a call. Each of them may be gone in a later version, or behind an interceptor. */
interface CallInternals {
  serializeMessage?: (message: Buffer) => Buffer;
  stream?: Pick<ServerHttp2Stream, 'close' | 'destroyed' | 'id' | 'on' | 'session'>;
  incomingEncoding?: string;
}

function internalsOf(call: ServerInterceptingCallInterface): CallInternals {
  return call as object;
}

/**
 * Lets framed messages pass a call as they are.
 *
 * grpc-js copies each message into new memory to put its prefix before it, which costs a sender half of its speed. It
 * has no way round that but this: its own method that does it, replaced on the one call. Where it has no such method,
 * everything works and is merely slower: grpc-js then puts a prefix of its own before what `separateRawStreams` takes
 * the prefix off. A test counts memory and tells when that happens.
 */
export function passFramed(call: ServerInterceptingCallInterface): void {
  const internals = internalsOf(call);
  if (typeof internals.serializeMessage === 'function') internals.serializeMessage = (framed) => framed;
}

/**
 * Ends a call whose caller takes nothing. A status would wait behind the bytes that are not taken, so that only a reset
 * reaches the caller, and frees them. Its code is RESOURCE_EXHAUSTED to gRPC: come back later. Where the stream is out
 * of reach, the status that the call ends with is all there is.
 */
export function resetCall(call: ServerInterceptingCallInterface): void {
  const { stream } = internalsOf(call);
  if (typeof stream?.close === 'function') stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
}

/** The connection of a call; undefined where it is out of reach. */
export function sessionOf(call: ServerInterceptingCallInterface): Http2Session | undefined {
  return internalsOf(call).stream?.session;
}

/** Which stream of its connection a call is: 1 is the first. Undefined where it is out of reach. */
export function streamIdOf(call: ServerInterceptingCallInterface): number | undefined {
  return internalsOf(call).stream?.id;
}

/** Tells of the bytes that come in a call, once they are read. Where the stream is out of reach, of none. */
export function onRequestBytes(call: ServerInterceptingCallInterface, listener: (byteLength: number) => void): void {
  const { stream } = internalsOf(call);
  if (typeof stream?.on === 'function') stream.on('data', ({ length }: Buffer) => listener(length));
}

/** Whether the messages of a call are compressed. Its header for that is taken away from its metadata. */
export function isCompressed(call: ServerInterceptingCallInterface): boolean {
  const { incomingEncoding = 'identity' } = internalsOf(call);
  return incomingEncoding !== 'identity';
}

/**
 * Ends the caller's side of a call that was answered: grpc-js leaves it open until the caller ends it, who may never do
 * so. RFC 9113, section 8.1, has the code for it.
 */
export function endStream(call: ServerInterceptingCallInterface): void {
  const { stream } = internalsOf(call);
  if (typeof stream?.close === 'function') stream.close(constants.NGHTTP2_NO_ERROR);
}

/** Whether a call ended before anybody looked at it. */
export function isGone(call: ServerInterceptingCallInterface): boolean {
  return internalsOf(call).stream?.destroyed === true;
}
