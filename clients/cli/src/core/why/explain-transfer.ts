import type { ProcessLoad, Transfer } from '@cardume/client';
import { explainSources } from './explain-sources.ts';
import { rateText } from './rate-text.ts';

/** A limit counts as met from there on: a rate over some seconds is a little under it. */
const metShare = 0.9;
/** From there on something takes most of the time. */
const mostOfTime = 0.5;
/** A thread that has something to do all the time has no more to give, … */
const busyThread = 0.9;
/** … unless it uses no processor meanwhile: then it waits for the disk. */
const idleProcessor = 0.5;
/** The process takes all processors that there are. */
const busyProcessors = 0.85;

/**
 * Says in words why a transfer is as fast as it is: which limit bites, the most important first, each a sentence. Pure: figures
 * in, words out; safe to print.
 *
 * @param load what the process has to do; undefined: not known
 */
export function explainTransfer(transfer: Transfer, load: ProcessLoad | undefined): string[] {
  return transfer.direction === 'download' ? explainDownload(transfer, load) : explainUpload(transfer, load);
}

function explainDownload(transfer: Transfer, load: ProcessLoad | undefined): string[] {
  switch (transfer.phase) {
    case 'checking':
      return ['It hashes what is on the disk already; nothing is fetched meanwhile.', ...explainLoad(load)];
    case 'copying':
      return ['It copies what other files on this machine have, and verifies it.', ...explainLoad(load)];
    case 'finishing':
      return ['All of it is here and verified; the disk is writing down what it still holds in memory.'];
    case 'waiting':
      return [
        transfer.sources.length === 0
          ? 'No holder is left; it waits for one to come.'
          : 'Nobody brings anything now; it waits for a holder.',
        ...explainSources(transfer, true),
      ];
    default: {
      const here = [...explainLimit(transfer, '--limit-down'), ...explainLoad(load)];
      const known = [...here, ...explainSources(transfer, here.length > 0)];
      return known.length > 0 ? known : [plainRate(transfer)];
    }
  }
}

function explainUpload(transfer: Transfer, load: ProcessLoad | undefined): string[] {
  const { caller, maxBytesPerSecond, phase, bytesPerSecond } = transfer;
  if (caller === undefined) return [];
  if (phase === 'idle') return ['The caller asks for nothing at the moment.'];
  const reasons: string[] = [];
  if (maxBytesPerSecond !== undefined && caller.limitShare > mostOfTime) {
    const share = percent(caller.limitShare);
    reasons.push(
      `Your --limit-up of ${rateText(maxBytesPerSecond)}, for all uploads together: it waits for that ${share} of the time.`,
    );
  }
  if (caller.diskShare > mostOfTime)
    reasons.push(`Your disk: it waits for that ${percent(caller.diskShare)} of the time.`);
  reasons.push(...explainLoad(load));
  if (reasons.length === 0 && caller.networkShare > mostOfTime) {
    const share = percent(caller.networkShare);
    const rate = rateText(bytesPerSecond);
    reasons.push(
      `The caller, or the way to it, takes ${rate}: it is waited for ${share} of the time, and nothing here holds it back.`,
    );
  }
  const askedShare = caller.limitShare + caller.networkShare + caller.diskShare;
  if (reasons.length === 0 && bytesPerSecond !== undefined && askedShare < mostOfTime) {
    reasons.push(
      `The caller asks for no more than ${rateText(bytesPerSecond)}: ${percent(1 - askedShare)} of the time it wants nothing.`,
    );
  }
  return reasons.length > 0 ? reasons : [plainRate(transfer)];
}

function explainLimit({ bytesPerSecond = 0, maxBytesPerSecond }: Transfer, flag: string): string[] {
  if (maxBytesPerSecond === undefined || bytesPerSecond < maxBytesPerSecond * metShare) return [];
  return [`Your ${flag} of ${rateText(maxBytesPerSecond)} bites: it takes ${rateText(bytesPerSecond)}.`];
}

function explainLoad(load: ProcessLoad | undefined): string[] {
  if (load === undefined) return [];
  const { processors, processorCount, mainThreadShare } = load;
  if (processors >= processorCount * busyProcessors) {
    return [`The processors: hashing, decrypting and copying keep all ${processorCount} of them busy.`];
  }
  if (mainThreadShare < busyThread) return [];
  if (processors < idleProcessor) return ['Your disk: the process waits for it nearly all the time.'];
  return ['The processor: hashing, decrypting and copying keep one of them busy all the time.'];
}

function plainRate({ bytesPerSecond, direction }: Transfer): string {
  if (bytesPerSecond === undefined) return 'It has just begun; ask again in a second.';
  return `No limit of this process bites; ${direction === 'download' ? 'all sources together bring' : 'it gives'} ${rateText(bytesPerSecond)}.`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
