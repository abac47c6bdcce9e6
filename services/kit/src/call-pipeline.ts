import type { ServerInterceptor } from '@grpc/grpc-js';
import { composeServerMiddleware, type ServerMiddleware } from 'nice-grpc';
import { errorDetailsServerMiddleware } from 'nice-grpc-error-details';
import type { CallGate } from './core/call-gate.ts';
import type { CallObserver } from './core/call-observer.ts';
import { logCalls } from './core/log-calls.ts';
import type { Logger } from './core/logger.ts';
import { createAnsweringInterceptor } from './handlers/answer-calls.ts';
import { createErrorMiddleware } from './handlers/error-middleware.ts';
import type { MethodHandlers } from './handlers/method-handlers.ts';
import { createBeginCall, observeCalls } from './handlers/observe-calls.ts';
import type { RawStreams } from './handlers/raw-stream.ts';
import { createRunCall } from './handlers/run-call.ts';
import { createTerminator, type Terminator } from './handlers/terminator.ts';

/** For how long a caller may take nothing of a raw stream before it is ended, unless the server's owner says otherwise. */
export const defaultStallTimeoutMs = 60_000;

/** What the pipeline of a server works with: see `ServerInit`. */
export interface CallPipelineInit {
  services: readonly { rawStreams: RawStreams; handlers: MethodHandlers }[];
  logger: Logger;
  gate?: CallGate | undefined;
  calls?: readonly CallObserver[];
  stallTimeoutMs?: number | undefined;
  nowMs?: (() => number) | undefined;
}

/** What every call of a server goes through before its handler, whatever carries it. */
export interface CallPipeline {
  /** Stands before all calls; answers those of our services. */
  readonly interceptor: ServerInterceptor;
  /** Stands before the others: health and reflection. */
  readonly middleware: ServerMiddleware;
  /** Knows the calls that are open, and ends them. */
  readonly terminator: Terminator;
}

/** Makes the pipeline of a server. */
export function createCallPipeline(init: CallPipelineInit): CallPipeline {
  const { services, logger, gate, calls = [], nowMs = () => performance.now() } = init;
  const terminator = createTerminator();
  const begin = createBeginCall([logCalls(logger), ...calls], nowMs);
  const errorMiddleware = composeServerMiddleware(errorDetailsServerMiddleware, createErrorMiddleware(logger));
  return {
    interceptor: createAnsweringInterceptor({
      rawStreams: new Map(services.flatMap(({ rawStreams }) => [...rawStreams])),
      unary: new Map(services.flatMap(({ handlers }) => [...handlers.unary])),
      clientStreams: new Map(services.flatMap(({ handlers }) => [...handlers.clientStreams])),
      gate,
      run: createRunCall({ begin, terminator, errorMiddleware }),
      stallTimeoutMs: init.stallTimeoutMs ?? defaultStallTimeoutMs,
    }),
    middleware: composeAll([observeCalls(begin), errorMiddleware, terminator.middleware]),
    terminator,
  };
}

function composeAll(middlewares: readonly ServerMiddleware[]): ServerMiddleware {
  return middlewares.reduce((outer, inner) => composeServerMiddleware(outer, inner));
}
