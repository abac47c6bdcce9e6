import type { ClientHttp2Session } from 'node:http2';
import type { TappedSocket } from './tapped-socket.ts';

/** Options of {@link askForLife}. */
export interface AskForLifeOptions {
  everyMs: number;
  /** How long the answer may take, or anything else that comes. */
  timeoutMs: number;
  /** Called when nothing came. */
  onSilence: () => void;
}

/**
 * Asks time and again whether the other side of a connection is there: a machine that went away without a word, or a path that broke,
 * would else be waited for by every call.
 *
 * @returns what ends that
 */
export function askForLife(
  session: ClientHttp2Session,
  tapped: Pick<TappedSocket, 'receivedBytes'>,
  { everyMs, timeoutMs, onSilence }: AskForLifeOptions,
): () => void {
  const ask = (): void => {
    if (session.destroyed) return;
    const before = tapped.receivedBytes;
    const giveUp = (): void => {
      if (tapped.receivedBytes === before && !session.destroyed) onSilence();
    };
    // After what has come meanwhile is read: this thread may have been the one that was busy.
    const timer = setTimeout(() => setImmediate(giveUp), timeoutMs).unref();
    try {
      session.ping(() => clearTimeout(timer));
    } catch {
      // It is closing, or has as many questions open as it may: the timer tells.
    }
  };
  const asking = setInterval(ask, everyMs).unref();
  return () => clearInterval(asking);
}
