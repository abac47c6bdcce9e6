import { networkInterfaces } from 'node:os';
import { isLoopback } from '../../core/address/address.ts';
import { OwnAddresses } from '../../core/address/own-addresses.ts';

/** How often this machine's addresses are looked at while there are connections from one: it takes some tens of microseconds. */
const lookEveryMs = 2_000;

const addresses = new OwnAddresses();
let timer: NodeJS.Timeout | undefined;

/**
 * Tells when this machine has lost the address that a connection was made from, four seconds later at the most. The system does not
 * tell: a laptop that comes into another network would wait on connections that can bring nothing any more.
 *
 * @param address undefined, or of loopback: it is never lost
 * @returns what ends the watch
 */
export function watchOwnAddress(address: string | undefined, onLost: () => void): () => void {
  if (address === undefined || isLoopback(address)) return () => undefined;
  // What it comes from is there now, and may be gone when it is looked for next.
  if (!addresses.wasFound(address)) addresses.learn(addressesNow() ?? []);
  const stop = addresses.watch(address, onLost);
  timer ??= setInterval(look, lookEveryMs).unref();
  return () => {
    stop();
    endWhenUnused();
  };
}

function look(): void {
  const found = addressesNow();
  if (found !== undefined) addresses.look(found);
  endWhenUnused();
}

/** Undefined: some systems do not say. Whether the other side is there is asked besides. */
function addressesNow(): string[] | undefined {
  try {
    return Object.values(networkInterfaces()).flatMap((device) => device?.map(({ address }) => address) ?? []);
  } catch {
    return undefined;
  }
}

function endWhenUnused(): void {
  if (addresses.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}
