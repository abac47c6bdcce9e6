/** The longest chunk of a download in bytes (1 MiB): from there on, longer ones gain no speed and cost memory. */
export const maxChunkBytes = 1024 * 1024;
/** The length of what gRPC puts before each message: a flag (0: not compressed) and the message's length, big-endian. */
export const messagePrefixBytes = 5;
/** `chunk = 2`, length-delimited: the first byte of a `cardume.transfer.v1.DownloadResponse` that is a chunk. */
export const chunkTag = (2 << 3) | 2;

// Three varint bytes hold the length of any chunk: 2^21 - 1 is more than the longest.
const longestLengthBytes = 3;

/** How many bytes {@link frameChunk} needs before a chunk's own bytes. */
export const chunkHeaderBytes = messagePrefixBytes + 1 + longestLengthBytes;

/**
 * Makes a chunk that lies in a buffer a message of a `Download` stream, where it lies: what gRPC and Protocol Buffers put
 * before it is written into the room before it. The bytes are those of the generated code, which would copy the chunk
 * twice to make them.
 *
 * @param buffer the chunk's bytes lie from {@link chunkHeaderBytes} on; those before are overwritten
 * @param lengthBytes the chunk's length, 1 to {@link maxChunkBytes}
 * @returns the message with its gRPC prefix: a view into the buffer
 */
export function frameChunk(buffer: Buffer, lengthBytes: number): Buffer {
  if (lengthBytes < 1 || lengthBytes > maxChunkBytes) throw new RangeError(`a chunk of ${lengthBytes} bytes`);
  const varintBytes = chunkPrefixBytes(lengthBytes) - messagePrefixBytes - 1;
  const start = longestLengthBytes - varintBytes;
  buffer[start] = 0;
  buffer.writeUInt32BE(1 + varintBytes + lengthBytes, start + 1);
  buffer[start + messagePrefixBytes] = chunkTag;
  let rest = lengthBytes;
  for (let index = 1; index < varintBytes; index++) {
    buffer[start + messagePrefixBytes + index] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buffer[chunkHeaderBytes - 1] = rest;
  return buffer.subarray(start, chunkHeaderBytes + lengthBytes);
}

/** How many bytes go before a chunk of a length: {@link chunkHeaderBytes} at the most. */
export function chunkPrefixBytes(lengthBytes: number): number {
  return messagePrefixBytes + 1 + (lengthBytes < 2 ** 7 ? 1 : lengthBytes < 2 ** 14 ? 2 : 3);
}

/** Puts gRPC's prefix before a message. */
export function frameMessage(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(messagePrefixBytes + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, messagePrefixBytes);
  return framed;
}
