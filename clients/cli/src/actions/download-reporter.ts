import { relative } from 'node:path';
import {
  createRateMeter,
  type DownloadProgress,
  type DownloadResult,
  formatAddress,
  printable,
  type ReadResult,
} from '@cardume/client';
import { fractionOf, measures } from '../core/progress/progress-line.ts';
import { createReportGate } from '../core/progress/report-gate.ts';
import { doneText, progressNotes } from '../core/text/download-text.ts';
import { jsonLine } from '../core/text/json-line.ts';
import type { Context } from './context.ts';
import { createProgressDisplay, type ProgressReading } from './progress-display.ts';

/** Tells about one download: how far it is, and how it ended when it ended well. */
export interface DownloadReporter {
  progress(progress: DownloadProgress): void;
  done(result: DownloadResult): void;
  /** Tells only where the file is. */
  name(result: DownloadResult): void;
  /** Tells of one whose bytes went to standard output. */
  streamed(result: ReadResult): void;
}

type ReporterContext = Pick<Context, 'terminal' | 'nowMs' | 'cwd'>;

/** Chooses how a download is told: objects for programs, a bar for somebody who looks, otherwise lines. */
export function createDownloadReporter(context: ReporterContext, json: boolean): DownloadReporter {
  if (json) return jsonReporter(context);
  return context.terminal.interactive ? barReporter(context) : lineReporter(context);
}

function jsonReporter({ terminal, nowMs }: ReporterContext): DownloadReporter {
  const gate = createReportGate({ everyMs: 500 });
  const printProgress = ({ holder, sources, ...rest }: DownloadProgress): void => {
    const shown = sources.map(({ address, bytesPerSecond, queuePosition, ...source }) => ({
      ...source,
      address: formatAddress(address),
      bytesPerSecond: bytesPerSecond === undefined ? null : Math.round(bytesPerSecond),
      queuePosition: queuePosition ?? null,
    }));
    const from = holder === undefined ? null : formatAddress(holder);
    terminal.print(jsonLine({ type: 'progress', ...rest, holder: from, sources: shown }));
  };
  const done = ({ sources, ...rest }: DownloadResult | ReadResult): void => {
    const shown = sources.map(({ address, failure, ...source }) => ({
      ...source,
      address: formatAddress(address),
      failure: failure ?? null,
    }));
    terminal.print(jsonLine({ type: 'result', ...rest, sources: shown }));
  };
  return {
    progress(progress) {
      if (gate.passes(nowMs(), 0)) printProgress(progress);
    },
    done,
    name: done,
    streamed: done,
  };
}

function barReporter(context: ReporterContext): DownloadReporter {
  // Hashing and copying what is there have speeds of their own.
  const checking = createProgressDisplay(context);
  const copying = createProgressDisplay(context);
  const downloading = createProgressDisplay(context);
  return {
    progress(progress) {
      const { phase } = progress;
      const display = phase === 'checking' ? checking : phase === 'copying' ? copying : downloading;
      display.draw({ ...readingOf(progress), notes: progressNotes(progress) });
    },
    done(result) {
      context.terminal.keepStatus();
      printDone(context, result);
    },
    name: (result) => printName(context, result),
    streamed(result) {
      context.terminal.keepStatus();
      noteStreamed(context, result);
    },
  };
}

function lineReporter(context: ReporterContext): DownloadReporter {
  const { terminal, nowMs } = context;
  const gate = createReportGate({ everyMs: 10_000, everyFraction: 0.25 });
  const meter = createRateMeter(10_000);
  const copyMeter = createRateMeter(10_000);
  return {
    progress(progress) {
      const { phase } = progress;
      if (phase !== 'downloading' && phase !== 'waiting' && phase !== 'copying') return;
      const { label, doneBytes, totalBytes, meteredBytes } = readingOf(progress);
      const bytesPerSecond = (phase === 'copying' ? copyMeter : meter).update(nowMs(), meteredBytes);
      const fraction = fractionOf({ doneBytes, totalBytes });
      if (!gate.passes(nowMs(), fraction)) return;
      const state = { label, doneBytes, totalBytes, bytesPerSecond, notes: [] };
      const parts = [`${Math.floor(fraction * 100)}%`, ...measures(state), ...progressNotes(progress)];
      terminal.note(`${label}: ${parts.join(', ')}`);
    },
    done: (result) => printDone(context, result),
    name: (result) => printName(context, result),
    streamed: (result) => noteStreamed(context, result),
  };
}

function readingOf(progress: DownloadProgress): Required<Omit<ProgressReading, 'notes'>> {
  const { phase, name, verifiedBytes, sizeBytes, receivedBytes } = progress;
  return {
    label: printable(name),
    doneBytes: verifiedBytes,
    totalBytes: sizeBytes,
    // What an earlier run has left must not count as speed, but what came from others must, verified or not yet.
    meteredBytes: phase === 'checking' || phase === 'copying' ? verifiedBytes : receivedBytes,
  };
}

function printDone(context: ReporterContext, result: DownloadResult): void {
  context.terminal.note(doneText(result));
  printName(context, result);
}

function noteStreamed({ terminal }: ReporterContext, result: ReadResult): void {
  terminal.note(doneText({ ...result, alreadyPresent: false, resumedBytes: 0, copiedBytes: 0 }));
}

function printName({ terminal, cwd }: ReporterContext, result: DownloadResult): void {
  const fromHere = cwd === undefined ? undefined : relative(cwd, result.path);
  terminal.print(printable(fromHere === undefined || fromHere.startsWith('..') ? result.path : fromHere));
}
