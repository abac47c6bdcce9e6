import { setTimeout as sleep } from 'node:timers/promises';
import { addFound, type FoundIndex, indexesIn } from '../../core/lan/found-indexes.ts';
import { serviceName } from '../../core/lan/records.ts';
import { lanAddresses } from './lan-addresses.ts';
import { openMulticast } from './open-multicast.ts';

/** How long answers are waited for; machines that share a network with this one need some milliseconds. */
const waitMs = 1_000;
/** Somebody who has just told everybody rests for a second; a packet may be lost. */
const askAgainMs = 400;

/** Asks on this machine's local networks for indexes, for a second. */
export async function findIndexes(signal: AbortSignal): Promise<FoundIndex[]> {
  const found = new Map<string, FoundIndex>();
  const opened = await Promise.all(
    lanAddresses().map((address) =>
      openMulticast(address, { onResponse: (records, sender) => addFound(found, indexesIn(records, sender)) }),
    ),
  );
  const networks = opened.filter((one) => one !== undefined);
  const ask = (): void => {
    for (const one of networks) one.query(serviceName);
  };
  try {
    if (networks.length === 0) return [];
    ask();
    const again = setTimeout(ask, askAgainMs);
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    clearTimeout(again);
    return [...found.values()];
  } finally {
    await Promise.all(networks.map((one) => one.close()));
  }
}
