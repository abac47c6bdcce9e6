import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Address, messageOf } from '@cardume/client';
import { maxMetricsConnections, maxMetricsHeaderBytes, metricsTimeoutMs } from '../../core/limits.ts';
import { listenError } from '../../core/listen-error.ts';
import type { Logger } from '../../core/logger.ts';

/** Where to serve what. */
export interface MetricsServerInit {
  listen: Address;
  contentType: string;
  /** Makes the answer. */
  text: () => Promise<string>;
  logger: Logger;
}

/** Answers `GET /metrics`. */
export interface MetricsServer {
  readonly address: Address;
  /** Ends every connection, and frees the port. Safe to call twice. */
  close(): Promise<void>;
}

/** @throws CardumeError INVALID_FIELD when it cannot listen there */
export async function serveMetricsText(init: MetricsServerInit): Promise<MetricsServer> {
  const { listen } = init;
  // Whoever asks while an answer is being made gets that one: asking often costs nothing more.
  let making: Promise<string> | undefined;
  const makeOnce = (): Promise<string> => {
    making ??= init.text().finally(() => {
      making = undefined;
    });
    return making;
  };
  const server = createServer(
    {
      maxHeaderSize: maxMetricsHeaderBytes,
      headersTimeout: metricsTimeoutMs,
      requestTimeout: metricsTimeoutMs,
      connectionsCheckingInterval: metricsTimeoutMs / 2,
    },
    (request, response) => void answer(request, response, { ...init, text: makeOnce }),
  );
  server.maxConnections = maxMetricsConnections;
  server.setTimeout(metricsTimeoutMs);

  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(listen.port, listen.host, resolve);
  try {
    await listening;
  } catch (error) {
    throw listenError('--metrics', listen, error);
  }
  server.off('error', reject);
  // Such as no descriptor left for a connection: that is no reason to end the process.
  server.on('error', (error) => init.logger.warn({ error: messageOf(error) }, 'metrics: a connection was not taken'));
  const { port } = server.address() as AddressInfo;

  let closing: Promise<void> | undefined;
  return {
    address: { host: listen.host, port },
    close() {
      closing ??= new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      });
      return closing;
    },
  };
}

async function answer(
  { method, url = '', headers }: IncomingMessage,
  response: ServerResponse,
  { text, contentType, logger }: MetricsServerInit,
): Promise<void> {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
  if (url.split('?')[0] !== '/metrics') return refuse(response, 404, 'There is only /metrics here.');
  if (method !== 'GET') return refuse(response.setHeader('allow', 'GET'), 405, 'Metrics are only read: GET.');
  if (hasBody) return refuse(response, 413, 'A request for metrics has no body.');
  try {
    send(response, 200, contentType, await text());
  } catch (error) {
    logger.error({ error: messageOf(error) }, 'metrics could not be read');
    refuse(response, 500, 'The metrics could not be read; the log of this service says why.');
  }
}

function refuse(response: ServerResponse, status: number, text: string): void {
  send(response, status, 'text/plain; charset=utf-8', `${text}\n`);
}

/**
 * Answers, reads nothing more, and keeps no connection: who asks every 15 s saves nothing by one, and would find it closed
 * in the moment that it is used.
 */
function send(response: ServerResponse, status: number, contentType: string, text: string): void {
  response
    .writeHead(status, { 'content-type': contentType, connection: 'close', 'cache-control': 'no-store' })
    .end(text);
}
