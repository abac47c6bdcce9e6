import { frameMessage } from '@cardume/client';
import type { CompatServiceDefinition } from 'nice-grpc';
import type { BidiStreamHandler } from './bidi-stream-call.ts';
import type { ClientStreamHandler } from './client-stream-call.ts';
import type { UnaryHandler } from './unary-call.ts';

/** Methods but those that only stream their answers, by their paths: `/cardume.index.v1.IndexService/Search`. */
export interface MethodHandlers {
  unary: ReadonlyMap<string, UnaryHandler>;
  clientStreams: ReadonlyMap<string, ClientStreamHandler>;
  bidiStreams: ReadonlyMap<string, BidiStreamHandler>;
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
  if (!('methods' in definition)) return { unary, clientStreams, bidiStreams };
  for (const [key, method] of Object.entries(definition.methods as Record<string, Method>)) {
    const path = `/${definition.fullName}/${method.name}`;
    const handler = Reflect.get(implementation, key).bind(implementation);
    if (!method.responseStream) (method.requestStream ? clientStreams : unary).set(path, handler);
    else if (method.requestStream) bidiStreams.set(path, framing(handler, method));
  }
  return { unary, clientStreams, bidiStreams };
}

type BidiMethod = (...args: Parameters<BidiStreamHandler>) => AsyncIterable<unknown>;

function framing(handler: BidiMethod, { responseType }: Method): BidiStreamHandler {
  return async function* framed(requests, context) {
    for await (const message of handler(requests, context)) yield frameMessage(responseType.encode(message).finish());
  };
}
