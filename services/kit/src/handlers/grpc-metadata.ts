import { Metadata as GrpcMetadata } from '@grpc/grpc-js';
import { Metadata } from 'nice-grpc';

/** nice-grpc's metadata of grpc-js's. */
export function fromGrpcMetadata(metadata: GrpcMetadata): Metadata {
  const converted = Metadata();
  for (const key of Object.keys(metadata.getMap())) converted.set(key, metadata.get(key));
  return converted;
}

/** grpc-js's metadata of nice-grpc's. */
export function toGrpcMetadata(metadata: Metadata): GrpcMetadata {
  const converted = new GrpcMetadata();
  for (const [key, values] of metadata) {
    for (const value of values) converted.add(key, typeof value === 'string' ? value : Buffer.from(value));
  }
  return converted;
}

/** How many characters the metadata of a call has, about. */
export function lengthOf(metadata: GrpcMetadata): number {
  let length = 0;
  const headers = metadata.toHttp2Headers();
  for (const name in headers) {
    const values = headers[name];
    length += name.length;
    if (!Array.isArray(values)) length += String(values).length;
    else for (const value of values) length += value.length;
  }
  return length;
}
