import { join } from 'node:path';
import type { ServiceError } from '@grpc/grpc-js';
import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader';

const definitions = loadSync('google/rpc/error_details.proto', {
  includeDirs: [join(import.meta.dirname, '../../../services/kit/proto')],
  keepCase: true,
  longs: String,
});

/** What our services say in the details of an error. */
export interface Details {
  status: { code: number; message: string };
  info: { reason: string; domain: string; metadata: Record<string, string> } | undefined;
  badRequest: { field_violations: { field: string; description: string }[] } | undefined;
  retryInfo: { retry_delay: { seconds: string; nanos: number } } | undefined;
}

/** Decodes the trailer `grpc-status-details-bin` of a failed call. */
export function detailsOf(failure: ServiceError): Details {
  const [trailer] = failure.metadata.get('grpc-status-details-bin');
  if (typeof trailer !== 'object') throw new Error(`the error has no binary details: ${failure.message}`);
  const { details = [], ...status } = decode<Details['status'] & { details?: Any[] }>('Status', trailer);
  const detail = <Type>(name: string): Type | undefined => {
    const found = details.find(({ type_url }) => type_url === `type.googleapis.com/google.rpc.${name}`);
    return found === undefined ? undefined : decode<Type>(name, found.value);
  };
  return {
    status,
    info: detail('ErrorInfo'),
    badRequest: detail('BadRequest'),
    retryInfo: detail('RetryInfo'),
  };
}

/** The reason in the bytes of such a trailer; undefined when they have none. */
export function reasonIn(trailer: Uint8Array): string | undefined {
  const { details = [] } = decode<{ details?: Any[] }>('Status', trailer);
  const info = details.find(({ type_url }) => type_url === 'type.googleapis.com/google.rpc.ErrorInfo');
  return info === undefined ? undefined : decode<{ reason: string }>('ErrorInfo', info.value).reason;
}

interface Any {
  type_url: string;
  value: Buffer;
}

function decode<Type>(name: string, bytes: Uint8Array): Type {
  const type = definitions[`google.rpc.${name}`] as MessageTypeDefinition<object, Type>;
  return type.deserialize(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
}
