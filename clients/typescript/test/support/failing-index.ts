import { once } from 'node:events';
import { createServer } from 'node:http2';

/** An index that answers every call with the same error. */
export interface FailingIndex extends AsyncDisposable {
  readonly port: number;
}

/**
 * Starts one on a free port of 127.0.0.1. What its trailers say goes out as it is, well-formed or not.
 *
 * @param details the value of `grpc-status-details-bin`
 */
export async function startFailingIndex(details: Uint8Array = Buffer.alloc(0)): Promise<FailingIndex> {
  const server = createServer().on('stream', (stream) => {
    const headers = {
      ':status': 200,
      'content-type': 'application/grpc',
      'grpc-status': '5',
      'grpc-message': 'nope',
      'grpc-status-details-bin': Buffer.from(details).toString('base64'),
    };
    stream.respond(headers, { endStream: true });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return { port, [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) };
}
