import { chmod } from 'node:fs/promises';
import { promisify } from 'node:util';
import { CardumeError, messageOf } from '@cardume/client';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { grpcService } from './adapters/grpc-service.ts';
import { reflectionServices } from './adapters/reflection.ts';
import { createCallPipeline } from './call-pipeline.ts';
import { maxRequestBytes, maxStreamsPerConnection } from './core/limits.ts';
import type { Logger } from './core/logger.ts';
import { type ServedService, serve } from './serve.ts';

/** How often what is overdue is ended, in milliseconds. */
const sweepIntervalMs = 1_000;

/** What a server for this machine's user alone needs. */
export interface LocalServerInit {
  /** Where the socket is to be, in a folder that only its owner may look into. Nothing may stand there. */
  path: string;
  services: ServedService[];
  logger: Logger;
}

/** A server that listens on a Unix domain socket. */
export interface LocalServer {
  /** Ends it and all calls at once, and removes the socket. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Starts a gRPC server on a Unix domain socket, in plaintext: who may connect is decided by the modes of the folder and of the
 * socket, 0600. Errors, logs, bounds of calls and messages, and reflection are as everywhere; connections, and how many calls a
 * second come, have no bounds, since they are all of one user, who could end the process as well.
 *
 * @throws CardumeError LOCAL_IO_FAILED when there can be no socket
 */
export async function startLocalServer({ path, services: own, logger }: LocalServerInit): Promise<LocalServer> {
  const reflection = reflectionServices(own.map(({ fullName }) => fullName));
  const services = [...own, ...reflection.map(({ definition, implementation }) => serve(definition, implementation))];
  const { interceptor, terminator, endOverdue } = createCallPipeline({ services, logger, callsPerSecond: false });
  const server = new Server({
    'grpc.max_receive_message_length': maxRequestBytes,
    'grpc.max_concurrent_streams': maxStreamsPerConnection,
    'grpc.enable_channelz': 0,
    interceptors: [interceptor],
  });
  for (const { definition } of services) server.addService(grpcService(definition), {});
  try {
    await promisify(server.bindAsync.bind(server))(`unix:${path}`, ServerCredentials.createInsecure());
    await chmod(path, 0o600);
  } catch (error) {
    server.forceShutdown();
    throw new CardumeError('LOCAL_IO_FAILED', `cannot listen at ${path}: ${messageOf(error)}`, { cause: error });
  }
  const sweeping = setInterval(endOverdue, sweepIntervalMs).unref();
  return {
    async close() {
      clearInterval(sweeping);
      terminator.terminate();
      // Node removes the socket when it is closed.
      server.forceShutdown();
    },
  };
}
