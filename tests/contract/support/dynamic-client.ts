import { join } from 'node:path';
import { type Client, credentials, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const protoFolder = join(import.meta.dirname, '../../../proto');
const deadlineMs = 20_000;

/** A message as @grpc/proto-loader gives it: the fields by their names in the .proto, 64-bit numbers as text. */
export type Message = Record<string, unknown>;

/** Calls the methods of one service by name. Rejects with grpc-js's own errors. */
export interface DynamicClient {
  /** The names of all methods that the .proto file declares. */
  readonly methods: readonly string[];
  /** The names of those that were called. */
  readonly called: ReadonlySet<string>;
  unary(method: string, request: Message): Promise<Message>;
  clientStream(method: string, requests: readonly Message[]): Promise<Message>;
  serverStream(method: string, request: Message): Promise<Message[]>;
  /** The first message of a stream, which is then cancelled: one that does not end by itself. */
  firstOfStream(method: string, request: Message): Promise<Message | undefined>;
  bidirectional(method: string, requests: readonly Message[]): Promise<Message[]>;
  close(): void;
}

/**
 * Makes a client at run time from a .proto file, with no generated code.
 *
 * @param folder where `protoFile` and what it imports is found
 */
export function openDynamicClient(
  protoFile: string,
  service: string,
  target: string,
  folder = protoFolder,
): DynamicClient {
  const definition = loadSync(protoFile, {
    includeDirs: [folder],
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  const found = service
    .split('.')
    .reduce<unknown>((scope, name) => (scope as Message)[name], loadPackageDefinition(definition));
  const Service = found as ServiceClientConstructor;
  // With a pool of its own: a connection shared with another client would outlive this one's close().
  const client = new Service(target, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  const called = new Set<string>();

  // biome-ignore lint/complexity/noBannedTypes: grpc-js makes these methods at run time, one shape for each kind of RPC
  const method = (name: string): Function => {
    called.add(name);
    return Reflect.get(client, name).bind(client);
  };
  const options = (): object => ({ deadline: Date.now() + deadlineMs });

  return {
    methods: Object.values(Service.service).map(({ path }) => path.slice(path.lastIndexOf('/') + 1)),
    called,
    unary: (name, request) => settled((done) => method(name)(request, options(), done)),
    clientStream: (name, requests) =>
      settled((done) => {
        const call = method(name)(options(), done);
        for (const request of requests) call.write(request);
        call.end();
      }),
    async serverStream(name, request) {
      return collect(method(name)(request, options()));
    },
    async firstOfStream(name, request) {
      for await (const message of method(name)(request, options())) return message;
      return undefined;
    },
    async bidirectional(name, requests) {
      const call = method(name)(options());
      for (const request of requests) call.write(request);
      call.end();
      return collect(call);
    },
    close: () => (client as Client).close(),
  };
}

async function collect(messages: AsyncIterable<Message>): Promise<Message[]> {
  const collected: Message[] = [];
  for await (const message of messages) collected.push(message);
  return collected;
}

function settled(start: (done: (error: Error | null, response: Message) => void) => void): Promise<Message> {
  const { promise, resolve, reject } = Promise.withResolvers<Message>();
  start((error, response) => (error === null ? resolve(response) : reject(error)));
  return promise;
}
