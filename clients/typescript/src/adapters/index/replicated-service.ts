import type { GrpcCallOptions, GrpcClient, Service } from '../grpc/grpc-client.ts';
import { askReplicas } from './ask-replicas.ts';
import type { Replicas } from './replicas.ts';

type UnaryKey<Methods extends Service['methods']> = {
  [Key in keyof Methods]: Methods[Key] extends { requestStream: false; responseStream: false } ? Key : never;
}[keyof Methods];

/** The methods of a service that are asked one message and answer one; how long they take is not for the caller to say. */
type UnaryMethods<Definition extends Service> = Pick<GrpcClient<Definition>, UnaryKey<Definition['methods']>>;

/** Where a service is, among others. */
interface ReplicaOf<Definition extends Service> {
  readonly target: string;
  readonly service: GrpcClient<Definition>;
}

/**
 * The methods of a service of an index that may be asked twice, each of them at whichever replica answers: see `askReplicas`.
 */
export function replicatedService<Definition extends Service>(
  definition: Definition,
  replicas: Replicas<ReplicaOf<Definition>>,
): UnaryMethods<Definition> {
  const unary = Object.entries(definition.methods).filter(
    ([, { requestStream, responseStream }]) => !requestStream && !responseStream,
  );
  const methods = unary.map(([key]) => {
    const call = (request: unknown, options: Omit<GrpcCallOptions, 'deadlineMs'> = {}): Promise<unknown> => {
      const ask = ({ service }: ReplicaOf<Definition>, deadlineMs: number): Promise<unknown> => {
        const method = service[key] as (asked: unknown, how: GrpcCallOptions) => Promise<unknown>;
        return method(request, { ...options, deadlineMs });
      };
      return askReplicas(replicas, ask, options.signal);
    };
    return [key, call];
  });
  return Object.fromEntries(methods);
}
