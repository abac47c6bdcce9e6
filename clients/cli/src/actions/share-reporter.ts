import { formatAddress, printable } from '@cardume/client';
import type { PeerEvent, RunningPeer } from '@cardume/peer';
import { progressLine } from '../core/progress/progress-line.ts';
import { createReportGate } from '../core/progress/report-gate.ts';
import { jsonLine } from '../core/text/json-line.ts';
import { peerEventText } from '../core/text/peer-event-text.ts';
import { plural } from '../core/units/plural.ts';
import { formatSize } from '../core/units/size.ts';
import type { Context } from './context.ts';

/** Tells what a peer that the command runs does. */
export interface ShareReporter {
  onEvent(event: PeerEvent): void;
  /** The peer has started. */
  serving(peer: StartedPeer, inboxFolder?: string): void;
  /** The peer will not start: it was interrupted, or failed. */
  givenUp(): void;
}

/** What is told of a peer that has started. */
type StartedPeer = Pick<RunningPeer, 'address' | 'metricsAddress' | 'peerId' | 'fileCount' | 'allowedUsers'>;
type ReporterContext = Pick<Context, 'terminal' | 'nowMs'>;
type HashingEvent = Extract<PeerEvent, { type: 'hashing' }>;

/** A folder without permissions must not fill the screen. */
const maxShownSkips = 20;

/**
 * Makes a reporter: objects on standard output for programs, a bar and lines for somebody who looks. Where nobody looks
 * the peer's log says the same, and lines among it would only be in the way of who parses it.
 */
export function createShareReporter(context: ReporterContext, json: boolean): ShareReporter {
  if (json) return jsonReporter(context);
  const silent = { onEvent: () => {}, serving: () => {}, givenUp: () => {} };
  return context.terminal.interactive ? displayReporter(context) : silent;
}

function jsonReporter({ terminal, nowMs }: ReporterContext): ShareReporter {
  const gate = createReportGate({ everyMs: 500 });
  /** Whether it is a moment of hashing too close to the one before; the end is always told. */
  const isTooSoon = (event: PeerEvent): boolean =>
    event.type === 'hashing' && event.hashedFiles < event.totalFiles && !gate.passes(nowMs(), 0);
  return {
    onEvent(event) {
      if (isTooSoon(event)) return;
      terminal.print(jsonLine('address' in event ? { ...event, address: formatAddress(event.address) } : event));
    },
    serving({ address, metricsAddress, peerId, fileCount, allowedUsers }, inbox) {
      const metrics = metricsAddress === undefined ? undefined : formatAddress(metricsAddress);
      const where = { address: formatAddress(address), metricsAddress: metrics };
      terminal.print(jsonLine({ type: 'sharing', peerId, ...where, fileCount, allowedUsers, inbox }));
    },
    givenUp: () => {},
  };
}

function displayReporter({ terminal }: ReporterContext): ShareReporter {
  let last: HashingEvent | undefined;
  let skippedCount = 0;
  let indexProblem: string | undefined;

  const drawHashing = (event: HashingEvent): void => {
    const { totalBytes, hashedFiles, totalFiles, resumedBytes, bytesPerSecond, name } = event;
    if (totalFiles === 0) return;
    last = event;
    const notes = [`${hashedFiles} of ${plural(totalFiles, 'file')}`];
    if (resumedBytes > 0) notes.push(`${formatSize(resumedBytes)} from before`);
    if (name !== undefined) notes.push(printable(name));
    const state = { label: 'hashing', doneBytes: event.hashedBytes, totalBytes, bytesPerSecond, notes };
    terminal.drawStatus((columns) => progressLine(state, columns, terminal.widthOf));
  };

  /** Whether an event says what was said before, or too much of it. */
  const isNoise = (event: PeerEvent): boolean => {
    if (event.type === 'skipped') {
      skippedCount += 1;
      return skippedCount > maxShownSkips;
    }
    if (event.type === 'joined') indexProblem = undefined;
    if (event.type !== 'index-lost') return false;
    const isKnown = event.problem === indexProblem;
    indexProblem = event.problem;
    return isKnown;
  };

  return {
    onEvent(event) {
      if (event.type === 'hashing') return drawHashing(event);
      if (isNoise(event)) return;
      for (const line of peerEventText(event).split('\n')) terminal.note(printable(line));
    },
    serving({ address, metricsAddress, fileCount, allowedUsers }, inbox) {
      terminal.clearStatus();
      if (skippedCount > maxShownSkips) terminal.note(`Not shared: ${skippedCount - maxShownSkips} more.`);
      const hashedBytes = last === undefined ? 0 : last.hashedBytes - last.resumedBytes;
      const hashed = hashedBytes === 0 ? '' : `, ${formatSize(hashedBytes)} hashed`;
      const where = terminal.style('note', 'bold', formatAddress(address));
      if (inbox !== undefined) terminal.note(`Taking what others send into ${printable(inbox)}.`);
      terminal.note(`Sharing ${plural(fileCount, 'file')}${hashed}, on ${where}; Ctrl-C stops it.`);
      if (allowedUsers !== undefined) terminal.note(`Only for ${allowedUsers.map(printable).join(', ')}.`);
      if (metricsAddress !== undefined) terminal.note(`Metrics: http://${formatAddress(metricsAddress)}/metrics`);
    },
    givenUp() {
      terminal.clearStatus();
      if (last === undefined || last.hashedBytes === last.totalBytes) return;
      const sizes = `${formatSize(last.hashedBytes)} of ${formatSize(last.totalBytes)}`;
      terminal.note(`What is hashed is kept, about ${sizes}; the same command goes on from there.`);
    },
  };
}
