import { IndexServiceDefinition, type IndexServiceImplementation } from '@cardume/proto/index/v1';
import {
  createLogger,
  type RunningServer,
  type ServedService,
  type ServerInit,
  serve,
  startServer,
} from '../../src/index.ts';

/** A service with methods of all kinds, which answer at once, or as the test says. */
export function idleService(change: Partial<IndexServiceImplementation> = {}): ServedService {
  const nothing = async () => ({});
  return serve(IndexServiceDefinition, {
    join: nothing,
    async publish(requests) {
      for await (const _ of requests);
      return {};
    },
    renew: nothing,
    leave: nothing,
    search: nothing,
    lookup: nothing,
    reportHolder: nothing,
    listPeers: nothing,
    async *watch() {},
    getStats: nothing,
    ...change,
  });
}

/** Starts a server of it on this machine, in plaintext unless it is told otherwise. */
export function startIdleServer(
  init: Partial<ServerInit> = {},
  change: Partial<IndexServiceImplementation> = {},
): Promise<RunningServer> {
  return startServer({
    listen: { host: '127.0.0.1', port: 0 },
    insecure: false,
    services: [idleService(change)],
    logger: createLogger({ service: 'test', level: 'silent', format: 'json' }),
    ...init,
  });
}
