import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import { type Address, formatAddress } from '@cardume/client';
import { Status } from 'nice-grpc';
import { reasonIn } from '../../contract/support/error-details.ts';
import type { Outcome } from './documented-outcomes.ts';
import type { TriedCall } from './request-cases.ts';
import { framed, unframed } from './wire.ts';

/** How long the caller of a stream stays, when nothing comes. */
const streamPatienceMs = 30;
/** How long any call may take. */
const deadlineMs = 30_000;
/**
 * After how many calls a new connection is made. Of one that resets a thousand streams and more, faster than 33 a second,
 * Node's HTTP/2 believes no good, and ends it (CVE-2023-44487).
 */
const callsPerConnection = 500;

/** A caller that sends any bytes as messages. */
export interface Http2Caller {
  call(tried: TriedCall): Promise<Outcome>;
  close(): void;
}

/**
 * Makes connections to a server for calls of a service whose messages are any bytes, behind the right prefix.
 *
 * @param streams the names of the methods that answer with a stream
 */
export function openHttp2Caller(address: Address, service: string, streams: ReadonlySet<string>): Http2Caller {
  let session: ClientHttp2Session | undefined;
  // Calls that have just begun on it are not sent yet, and would be refused if it was closed at once.
  let previous: ClientHttp2Session | undefined;
  let calls = 0;
  const connected = (): ClientHttp2Session => {
    if (calls++ % callsPerConnection === 0) {
      previous?.close();
      previous = session;
      session = connect(`http://${formatAddress(address)}`);
      // Whoever waits for an answer hears of it by its stream.
      session.on('error', () => {});
    }
    return session ?? connected();
  };
  return {
    call: (tried) => answerOf(connected(), `/${service}/${tried.method}`, tried, streams.has(tried.method)),
    close() {
      previous?.close();
      session?.close();
    },
  };
}

async function answerOf(
  session: ClientHttp2Session,
  path: string,
  { messages, maxAnswers, isPatient = false }: TriedCall,
  isStream: boolean,
): Promise<Outcome> {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const answers: Uint8Array[] = [];
  let isLeft = false;
  const leave = (): void => {
    isLeft = true;
    stream.close(constants.NGHTTP2_CANCEL);
  };
  const patience = isStream && !isPatient ? setTimeout(leave, streamPatienceMs) : undefined;
  const headers = headersOf(stream);
  readMessages(stream, (message) => {
    answers.push(message);
    if (isStream && answers.length >= maxAnswers) leave();
  });
  stream.end(Buffer.concat(messages.map(framed)));
  const deadline = setTimeout(() => stream.destroy(new Error(`${path} was not answered in time`)), deadlineMs);
  try {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    stream.on('close', resolve);
    stream.on('error', reject);
    await promise;
  } catch (error) {
    if (!isLeft) throw error;
  } finally {
    clearTimeout(patience);
    clearTimeout(deadline);
  }
  if (isLeft) return { status: 'CANCELLED', reason: undefined, text: '', answers };
  return { ...outcomeOf(headers), answers };
}

/** All headers and trailers, as they come. */
function headersOf(stream: ClientHttp2Stream): IncomingHttpHeaders {
  const all: IncomingHttpHeaders = {};
  stream.on('response', (headers) => Object.assign(all, headers));
  stream.on('trailers', (trailers) => Object.assign(all, trailers));
  return all;
}

function outcomeOf(headers: IncomingHttpHeaders): Omit<Outcome, 'answers'> {
  const text = decodeURIComponent(String(headers['grpc-message'] ?? ''));
  const code = headers['grpc-status'];
  if (code === undefined)
    return { status: 'UNKNOWN', reason: undefined, text: `no status: ${JSON.stringify(headers)}` };
  const details = headers['grpc-status-details-bin'];
  const reason = details === undefined ? undefined : reasonIn(Buffer.from(String(details), 'base64'));
  return { status: Status[Number(code)] ?? 'UNKNOWN', reason, text };
}

function readMessages(stream: ClientHttp2Stream, onMessage: (message: Uint8Array) => void): void {
  let rest = Buffer.alloc(0);
  stream.on('data', (data: Buffer) => {
    const read = unframed(Buffer.concat([rest, data]));
    rest = Buffer.from(read.rest);
    for (const message of read.messages) onMessage(message);
  });
}
