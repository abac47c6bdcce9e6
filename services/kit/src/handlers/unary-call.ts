import type { ServerInterceptingCallInterface, ServerListener } from '@grpc/grpc-js';
import type { CallContext, CompatServiceDefinition } from 'nice-grpc';
import { listenForOneRequest } from './one-request.ts';
import type { RunCall } from './run-call.ts';

/** Answers a unary call. */
export type UnaryHandler = (request: unknown, context: CallContext) => Promise<object>;

/** The unary methods of a service: the path of each, `/cardume.index.v1.IndexService/Search`, and its handler. */
export type UnaryMethods = ReadonlyMap<string, UnaryHandler>;

type Method = { name: string; requestStream: boolean; responseStream: boolean };

/** Finds the unary methods of an implementation. @param definition as ts-proto makes it; any other has none */
export function unaryMethodsOf(definition: CompatServiceDefinition, implementation: object): UnaryMethods {
  const found = new Map<string, UnaryHandler>();
  if (!('methods' in definition)) return found;
  for (const [key, method] of Object.entries(definition.methods as Record<string, Method>)) {
    if (method.requestStream || method.responseStream) continue;
    const handler: UnaryHandler = Reflect.get(implementation, key).bind(implementation);
    found.set(`/${definition.fullName}/${method.name}`, handler);
  }
  return found;
}

/** A unary call to be answered. */
export interface UnaryCall {
  call: ServerInterceptingCallInterface;
  path: string;
  handler: UnaryHandler;
  run: RunCall;
}

/**
 * Answers a unary call by itself: nice-grpc takes as long for each as gRPC does.
 *
 * The status goes out with the message, not when the message was written, which saves a packet.
 */
export function answerUnary({ call, path, handler, run }: UnaryCall): ServerListener {
  return listenForOneRequest({
    call,
    kind: 'unary',
    path,
    async answer(request, context) {
      const { response, code, details } = await run({ path, request, context }, handler);
      context.sendHeader();
      if (response !== undefined) call.sendMessage(response, () => {});
      call.sendStatus({ code, details, metadata: context.grpcTrailer() ?? null });
    },
  });
}
