import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** After how many received bytes what was taken of them is given back. */
const intervalBytes = 16 * 1024 * 1024;

type Collect = (options: { type: 'minor' }) => void;

/**
 * Gives the memory of received bytes back while more come.
 *
 * Node reads a socket into 64 KiB that are new each time. V8 counts them as memory outside of its heap, and after 64 MiB of
 * them marks its whole heap: measured, a fifth of a receiver's time, and 100 MiB that it would not have to hold. They are
 * short-lived, so that collecting the young generation, a millisecond each time, frees them just as well.
 */
export class ReceivedMemory {
  #bytes = 0;

  /** Counts bytes that came. */
  came(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < intervalBytes) return;
    this.#bytes = 0;
    // Found when it is first needed: most processes never receive that much.
    collector()?.({ type: 'minor' });
  }
}

let found: { collect: Collect | undefined } | undefined;

/** V8's collector, which contexts see that are made while the flag is set; undefined where there is none to be had. */
function collector(): Collect | undefined {
  if (found === undefined) {
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('gc');
    setFlagsFromString('--no-expose-gc');
    found = { collect: typeof collect === 'function' ? (collect as Collect) : undefined };
  }
  return found.collect;
}
