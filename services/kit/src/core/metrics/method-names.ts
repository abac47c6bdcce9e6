import type { MethodName } from './measure-calls.ts';

/** What is asked of a service's definition; ts-proto's have it. */
export interface NamedMethods {
  /** `cardume.index.v1.IndexService` */
  fullName: string;
  methods: Readonly<Record<string, { name: string }>>;
}

/** All methods of services, by the paths that they are called at. */
export function methodNames(services: readonly NamedMethods[]): ReadonlyMap<string, MethodName> {
  return new Map(
    services.flatMap(({ fullName: service, methods }) =>
      Object.values(methods).map(({ name: method }) => [`/${service}/${method}`, { service, method }] as const),
    ),
  );
}
