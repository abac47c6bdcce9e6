import type { CompatServiceDefinition, ServiceImplementation } from 'nice-grpc';
import type { ServedDefinition } from './core/served-definition.ts';
import { withLateDecoding } from './handlers/late-decoding.ts';
import { type MethodHandlers, methodHandlersOf } from './handlers/method-handlers.ts';
import { type RawStreams, separateRawStreams } from './handlers/raw-stream.ts';

/** One gRPC service: its full name, what it is, and what it does. */
export interface ServedService {
  /** `cardume.index.v1.IndexService` */
  fullName: string;
  definition: ServedDefinition;
  /** Its methods that only stream their answers, by their paths. */
  rawStreams: RawStreams;
  /** Its other methods. */
  handlers: MethodHandlers;
}

/** Ties a service's definition to its implementation, with their types. A method may be a `rawStream`. */
export function serve<Definition extends CompatServiceDefinition & { fullName: string; methods: object }>(
  definition: Definition,
  implementation: ServiceImplementation<Definition>,
): ServedService {
  const { definition: framed, rawStreams } = separateRawStreams(definition, implementation);
  return {
    fullName: definition.fullName,
    definition: withLateDecoding(framed) as unknown as ServedDefinition,
    rawStreams,
    handlers: methodHandlersOf(definition, implementation),
  };
}
