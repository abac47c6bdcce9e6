import { KeptItems } from '../../core/failover/kept-items.ts';
import type { Lease, ListChange, PublishResult } from '../../core/model/lease.ts';
import { CardumeError } from '../../errors/cardume-error.ts';
import { fileEntryOf } from './index-messages.ts';
import type { Replica } from './replica.ts';
import type { Replicas } from './replicas.ts';

/** How many entries are kept to be sent again: as many as one message may carry. */
const maxKeptEntries = 10_000;

/** What is published, and how. */
export interface PublishInit {
  lease: Pick<Lease, 'peerId' | 'leaseSecret'>;
  changes: Iterable<ListChange> | AsyncIterable<ListChange>;
  /** How long a replica may take for one message, in milliseconds. */
  stallMs: number;
  signal: AbortSignal | undefined;
}

/**
 * Sends changes to the replica in use. What it has taken is not known when it fails; the same changes again are no others, and
 * so they are sent to another one, as long as there are no more than {@link maxKeptEntries}.
 *
 * @throws CardumeError what the replica answered; the failure of the one that had more
 */
export async function publishChanges(
  replicas: Replicas<Replica>,
  { lease, changes, stallMs, signal }: PublishInit,
): Promise<PublishResult> {
  const kept = new KeptItems(changes, entriesOf, maxKeptEntries);
  const publish = (replica: Replica): Promise<PublishResult> =>
    publishTo(replica, { lease, changes: kept, stallMs, signal });
  try {
    return await replicas.send(publish, () => kept.areAllKept && signal?.aborted !== true);
  } finally {
    kept.close();
  }
}

function entriesOf({ added = [], removedNames = [] }: ListChange): number {
  return added.length + removedNames.length;
}

async function publishTo(replica: Replica, { lease, changes, stallMs, signal }: PublishInit): Promise<PublishResult> {
  const { peerId, leaseSecret } = lease;
  const stall = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  /** Also called when the index has given up while its caller still made changes: no timer may keep the process then. */
  const waitForTaking = (): void => {
    if (!isOver) timer = setTimeout(() => stall.abort(), stallMs);
  };
  const requests = async function* () {
    for await (const { added = [], removedNames = [], listFingerprint } of changes) {
      waitForTaking();
      const change = { added: added.map(fileEntryOf), removedNames: [...removedNames] };
      yield { peerId, leaseSecret, ...change, listFingerprint: listFingerprint ?? new Uint8Array() };
      // The message is on its way; what passes until the next change is the caller's own time.
      clearTimeout(timer);
    }
    waitForTaking();
  };
  try {
    const both = signal === undefined ? stall.signal : AbortSignal.any([signal, stall.signal]);
    return await replica.send((service) => service.publish(requests(), { signal: both }));
  } catch (thrown) {
    if (!stall.signal.aborted) throw thrown;
    // By itself, what was aborted says no more than that.
    const stalled = `index ${replica.target} took nothing for ${stallMs / 1000} s`;
    throw new CardumeError('TIMED_OUT', stalled, { cause: thrown });
  } finally {
    isOver = true;
    clearTimeout(timer);
  }
}
