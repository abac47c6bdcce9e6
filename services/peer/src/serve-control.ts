/**
 * `@cardume/peer/control`: lets the user of a process ask what it is doing, by the `ControlService`.
 *
 * @packageDocumentation
 */
import { randomBytes } from 'node:crypto';
import { makeRunFolder, newSocketPath } from '@cardume/client/control';
import { ControlServiceDefinition } from '@cardume/proto/control/v1';
import { createLogger, type Logger, serve, startLocalServer } from '@cardume/service-kit';
import { measureLoad } from './adapters/measure-load.ts';
import type { ControlSource } from './core/control-source.ts';
import { createControlService } from './handlers/control-service.ts';

export type { ControlSource } from './core/control-source.ts';

/** What a process tells, and where it is asked. */
export interface ServeControlInit {
  /** The folder for the sockets of this user's processes; made, with mode 0700, when absent. */
  folder: string;
  source: ControlSource;
  /** Default: nothing is logged. */
  logger?: Logger;
}

/** A process that can be asked. */
export interface ServedControl {
  /** The path of its socket. */
  readonly path: string;
  /** Ends it, and removes the socket. */
  close(): Promise<void>;
}

/**
 * Listens on a socket of its own in the folder, for this user alone.
 *
 * @throws CardumeError NOT_ALLOWED when others may look into the folder; LOCAL_IO_FAILED when there can be no socket in it
 */
export async function serveControl({ folder, source, logger }: ServeControlInit): Promise<ServedControl> {
  await makeRunFolder(folder);
  const path = newSocketPath(folder, process.pid, randomBytes(4));
  const service = createControlService({ source, measureLoad });
  const server = await startLocalServer({
    path,
    services: [serve(ControlServiceDefinition, service)],
    logger: logger ?? createLogger({ service: 'peer', level: 'silent' }),
  });
  return { path, close: () => server.close() };
}
