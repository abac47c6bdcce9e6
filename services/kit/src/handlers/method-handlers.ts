import type { CompatServiceDefinition } from 'nice-grpc';
import type { ClientStreamHandler } from './client-stream-call.ts';
import type { UnaryHandler } from './unary-call.ts';

/** Methods that are answered without nice-grpc, by their paths: `/cardume.index.v1.IndexService/Search`. */
export interface MethodHandlers {
  unary: ReadonlyMap<string, UnaryHandler>;
  clientStreams: ReadonlyMap<string, ClientStreamHandler>;
}

type Method = { name: string; requestStream: boolean; responseStream: boolean };

/** Finds the methods of an implementation that send one message. @param definition as ts-proto makes it; any other has none */
export function methodHandlersOf(definition: CompatServiceDefinition, implementation: object): MethodHandlers {
  const unary = new Map<string, UnaryHandler>();
  const clientStreams = new Map<string, ClientStreamHandler>();
  if (!('methods' in definition)) return { unary, clientStreams };
  for (const [key, method] of Object.entries(definition.methods as Record<string, Method>)) {
    if (method.responseStream) continue;
    const handler = Reflect.get(implementation, key).bind(implementation);
    (method.requestStream ? clientStreams : unary).set(`/${definition.fullName}/${method.name}`, handler);
  }
  return { unary, clientStreams };
}
