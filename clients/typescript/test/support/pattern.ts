// Taken out of its object once: inside jest's realms each look-up of a global is slow.
const { imul } = Math;

/** Bytes that differ from piece to piece, so that a piece at a wrong place is seen: a simple generator, not a secret. */
export function patternBytes(length: number, seed = 1): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let state = seed >>> 0 || 1;
  for (let at = 0; at < length; at++) {
    state = (imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** Bytes `i mod 251`: the content of the digest's test vectors. */
export function vectorBytes(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, at) => at % 251));
}
