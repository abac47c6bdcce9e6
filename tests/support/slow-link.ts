import { join } from 'node:path';
import { type StartedProcess, startProcess } from './start-process.ts';

/** An end of a link. */
export interface LinkEnd {
  /** A network namespace that is there. */
  namespace: string;
  /** Its address with the length of its network: `10.99.0.1/24`. */
  address: string;
  /** What the device is called there. Default: `slow-a`, `slow-b`. */
  device?: string;
}

/** What a link does to packets, the same each way. */
export interface LinkQuality {
  /** How long each takes. */
  delayMs: number;
  rateMbit: number;
  /** Default: 0. */
  lossPercent?: number;
  /** How many come later than others that were sent after them. Default: 0. */
  reorderPercent?: number;
  /** How much later those are. Default: 5. */
  holdBackMs?: number;
  /** The largest packet. Default: 65,000, which is quick. */
  mtuBytes?: number;
}

/** How many packets a link has carried, both ways together; of those, how many were held back. */
export interface LinkPackets {
  carried: number;
  lost: number;
  heldBack: number;
}

/** A link that is up. */
export interface SlowLink {
  /** Takes it down. */
  stop(): Promise<LinkPackets>;
}

const program = join(import.meta.dirname, 'slow-link.py');

/**
 * Connects two namespaces. It wants root, Linux with /dev/net/tun, iproute2 and python3.
 *
 * @throws Error with what the program wrote
 */
export async function startSlowLink(ends: readonly [LinkEnd, LinkEnd], quality: LinkQuality): Promise<SlowLink> {
  const { delayMs, rateMbit, lossPercent = 0, reorderPercent = 0, holdBackMs = 5, mtuBytes = 65_000 } = quality;
  const between = ends.flatMap(({ namespace, address }) => [namespace, address]);
  const [{ device: first = 'slow-a' }, { device: second = 'slow-b' }] = ends;
  const options = Object.entries({ lossPercent, reorderPercent, holdBackMs, mtuBytes }).flatMap(([name, value]) => [
    `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    String(value),
  ]);
  const args = [program, ...between, String(delayMs), String(rateMbit), ...options, '--devices', first, second];
  const link: StartedProcess = startProcess('python3', args);
  try {
    await link.waitForLine(/^ready$/);
  } catch (error) {
    await link.stop();
    throw error;
  }
  return {
    async stop() {
      await link.stop();
      const { carried, lost, held_back: heldBack } = await link.waitForObject('packets');
      return { carried: Number(carried), lost: Number(lost), heldBack: Number(heldBack) };
    },
  };
}
