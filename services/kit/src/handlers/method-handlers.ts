import { frameMessage } from '@cardume/client';
import type { CompatServiceDefinition } from 'nice-grpc';
import type { BidiStreamHandler } from './bidi-stream-call.ts';
import { type BothStreamsHandler, bothStreamsHandlerOf } from './both-streams.ts';
import type { ClientStreamHandler } from './client-stream-call.ts';
import type { UnaryHandler } from './unary-call.ts';

/** Methods but those that only stream their answers, by their paths: `/cardume.index.v1.IndexService/Search`. */
export interface MethodHandlers {
  unary: ReadonlyMap<string, UnaryHandler>;
  clientStreams: ReadonlyMap<string, ClientStreamHandler>;
  bidiStreams: ReadonlyMap<string, BidiStreamHandler>;
  /** Those that send when they like. */
  bothStreams: ReadonlyMap<string, BothStreamsHandler<unknown, unknown>>;
}

type Method = {
  name: string;
  requestStream: boolean;
  responseStream: boolean;
  responseType: { encode(message: unknown): { finish(): Uint8Array } };
};

/** Finds the methods of an implementation that do not only stream their answers. @param definition as ts-proto makes it; any other has none */
export function methodHandlersOf(definition: CompatServiceDefinition, implementation: object): MethodHandlers {
  const unary = new Map<string, UnaryHandler>();
  const clientStreams = new Map<string, ClientStreamHandler>();
  const bidiStreams = new Map<string, BidiStreamHandler>();
  const bothStreams = new Map<string, BothStreamsHandler<unknown, unknown>>();
  if (!('methods' in definition)) return { unary, clientStreams, bidiStreams, bothStreams };
  for (const [key, method] of Object.entries(definition.methods as Record<string, Method>)) {
    const path = `/${definition.fullName}/${method.name}`;
    const both = bothStreamsHandlerOf(Reflect.get(implementation, key));
    const handler = Reflect.get(implementation, key).bind(implementation);
    if (both !== undefined) bothStreams.set(path, framingBoth(both, method));
    else if (!method.responseStream) (method.requestStream ? clientStreams : unary).set(path, handler);
    else if (method.requestStream) bidiStreams.set(path, framing(handler, method));
  }
  return { unary, clientStreams, bidiStreams, bothStreams };
}

type BidiMethod = (...args: Parameters<BidiStreamHandler>) => AsyncIterable<unknown>;

function framing(handler: BidiMethod, { responseType }: Method): BidiStreamHandler {
  return async function* framed(requests, context) {
    for await (const message of handler(requests, context)) yield frameMessage(responseType.encode(message).finish());
  };
}

function framingBoth(
  handler: BothStreamsHandler<unknown, unknown>,
  { responseType }: Method,
): BothStreamsHandler<unknown, unknown> {
  return (requests, context) =>
    handler(requests, {
      ...context,
      send: (message) => context.send(frameMessage(responseType.encode(message).finish())),
    });
}
