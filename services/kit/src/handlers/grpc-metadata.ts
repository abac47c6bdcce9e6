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
