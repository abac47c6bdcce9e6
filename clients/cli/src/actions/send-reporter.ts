import { createRateMeter, type PeerInfo, type RateMeter, type SharedFile } from '@cardume/client';
import { fractionOf, measures } from '../core/progress/progress-line.ts';
import { createReportGate, type ReportGate } from '../core/progress/report-gate.ts';
import type { SendReporter } from '../core/send/send-reporter.ts';
import { jsonLine } from '../core/text/json-line.ts';
import { countsOf, sendState, sendText } from '../core/text/send-text.ts';
import type { Context } from './context.ts';
import { createSendBars } from './send-bars.ts';
import { SendNotes } from './send-notes.ts';

type ReporterContext = Pick<Context, 'terminal' | 'nowMs'>;

/** Chooses how it is told: objects for programs, a bar for each receiver for somebody who looks, otherwise lines. */
export function createSendReporter(
  context: ReporterContext,
  json: boolean,
  files: readonly SharedFile[],
): SendReporter {
  if (json) return jsonReporter(context);
  return context.terminal.interactive ? createSendBars(context, files) : lineReporter(context);
}

function jsonReporter({ terminal, nowMs }: ReporterContext): SendReporter {
  const gates = new Map<string, ReportGate>();
  const who = ({ peerId, shareName }: PeerInfo, { name }: SharedFile) => ({ peerId, peer: shareName, file: name });
  return {
    news(receiver, file, { kind, ...rest }) {
      if (kind === 'done' || kind === 'failed') return;
      const gate = gates.get(receiver.peerId) ?? createReportGate({ everyMs: 500 });
      gates.set(receiver.peerId, gate);
      if (kind === 'progress' && !gate.passes(nowMs(), 0)) return;
      terminal.print(jsonLine({ type: kind, ...who(receiver, file), ...rest }));
    },
    away(receiver, file, { reason, message }) {
      terminal.print(jsonLine({ type: 'away', ...who(receiver, file), reason, message }));
    },
    ended(receiver, file, { kind, ...rest }) {
      terminal.print(jsonLine({ type: kind, ...who(receiver, file), ...rest }));
    },
    done(outcomes, givenBytes) {
      terminal.print(jsonLine({ type: 'result', ...countsOf(outcomes), givenBytes }));
    },
  };
}

function lineReporter(context: ReporterContext): SendReporter {
  const { terminal, nowMs } = context;
  const notes = new SendNotes(context);
  const progress = new Map<string, { meter: RateMeter; gate: ReportGate }>();
  return {
    news(receiver, file, news) {
      if (news.kind === 'asked') notes.state(receiver, file, 'somebody is asked there');
      if (news.kind === 'accepted') notes.state(receiver, file, 'accepted');
      if (news.kind !== 'progress') return;
      const key = `${receiver.peerId} ${file.digest}`;
      const gate = progress.get(key)?.gate ?? createReportGate({ everyMs: 10_000, everyFraction: 0.25 });
      const meter = progress.get(key)?.meter ?? createRateMeter(10_000);
      progress.set(key, { meter, gate });
      const what = sendText(receiver, file);
      const state = sendState(what, news, meter.update(nowMs(), news.verifiedBytes));
      const fraction = fractionOf(state);
      if (!gate.passes(nowMs(), fraction)) return;
      terminal.note(`${what}: ${[`${Math.floor(fraction * 100)}%`, ...measures(state), ...state.notes].join(', ')}`);
    },
    away: (receiver, file, error) => notes.away(receiver, file, error),
    ended: (receiver, file, outcome) => notes.ended(receiver, file, outcome),
    done: (outcomes, givenBytes) => notes.totals(outcomes, givenBytes),
  };
}
