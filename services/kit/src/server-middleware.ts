import { composeServerMiddleware, type ServerMiddleware } from 'nice-grpc';
import { errorDetailsServerMiddleware } from 'nice-grpc-error-details';
import type { CallObserver } from './core/call-observer.ts';
import { logCalls } from './core/log-calls.ts';
import type { Logger } from './core/logger.ts';
import { createErrorMiddleware } from './handlers/error-middleware.ts';
import { observeCalls } from './handlers/observe-calls.ts';
import { createTerminator, type Terminator } from './handlers/terminator.ts';
import { undecodableMiddleware } from './handlers/undecodable-request.ts';

/** What the middleware of a server works with. */
export interface ServerMiddlewareInit {
  logger: Logger;
  /** Is told of every call besides the log. */
  calls?: CallObserver | undefined;
  /** A clock in milliseconds. Default: the process's monotonic one. */
  nowMs?: (() => number) | undefined;
}

/** What every call of a server goes through before its handler, whatever carries it. */
export interface CallMiddleware {
  readonly middleware: ServerMiddleware;
  /** Knows the calls that are open, and ends them. */
  readonly terminator: Terminator;
}

/** Makes the middleware that `startServer` puts before all handlers, the outermost first. */
export function createServerMiddleware({ logger, calls, nowMs }: ServerMiddlewareInit): CallMiddleware {
  const terminator = createTerminator();
  const observers = [logCalls(logger), ...(calls === undefined ? [] : [calls])];
  const middleware = composeAll([
    observeCalls(observers, nowMs ?? (() => performance.now())),
    errorDetailsServerMiddleware,
    createErrorMiddleware(logger),
    terminator.middleware,
    undecodableMiddleware,
  ]);
  return { middleware, terminator };
}

function composeAll(middlewares: readonly ServerMiddleware[]): ServerMiddleware {
  return middlewares.reduce((outer, inner) => composeServerMiddleware(outer, inner));
}
