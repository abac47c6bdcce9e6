import { createRateMeter, type PeerInfo, type RateMeter, type SharedFile } from '@cardume/client';
import { type ProgressState, progressLine } from '../core/progress/progress-line.ts';
import type { SendReporter } from '../core/send/send-reporter.ts';
import { receiverName, sendState, sendText } from '../core/text/send-text.ts';
import { plural } from '../core/units/plural.ts';
import type { Context } from './context.ts';
import { SendNotes } from './send-notes.ts';

const maxShownBars = 8;

/** A bar for each receiver that is not done, for somebody who looks. */
export function createSendBars(
  context: Pick<Context, 'terminal' | 'nowMs'>,
  files: readonly SharedFile[],
): SendReporter {
  const { terminal, nowMs } = context;
  const notes = new SendNotes(context);
  const bars = new Map<string, { state: ProgressState; meter: RateMeter }>();
  const draw = (): void => {
    terminal.drawStatus((columns, rows) => {
      const shown = Math.min(maxShownBars, rows - 1);
      const lines = [...bars.values()]
        .slice(0, shown)
        .map(({ state }) => progressLine(state, columns, terminal.widthOf));
      if (bars.size <= shown) return lines;
      return [...lines, `… and ${plural(bars.size - shown, 'other peer')}`.slice(0, columns - 1)];
    });
  };
  const set = (
    receiver: PeerInfo,
    file: SharedFile,
    told: { verifiedBytes: number; totalBytes: number; waiting: boolean },
    note?: string,
  ): void => {
    const meter = bars.get(receiver.peerId)?.meter ?? createRateMeter();
    const label = files.length > 1 ? sendText(receiver, file) : receiverName(receiver);
    const state = sendState(label, told, meter.update(nowMs(), told.verifiedBytes));
    bars.set(receiver.peerId, { meter, state: note === undefined ? state : { ...state, notes: [note] } });
    draw();
  };
  return {
    news(receiver, file, news) {
      const nothing = { verifiedBytes: 0, totalBytes: file.folder?.totalSizeBytes ?? file.sizeBytes, waiting: false };
      if (news.kind === 'progress') set(receiver, file, news);
      else if (news.kind === 'asked') set(receiver, file, nothing, 'somebody is asked there');
      else if (news.kind === 'accepted') set(receiver, file, nothing, 'accepted');
    },
    away: (receiver, file, error) => notes.away(receiver, file, error),
    ended(receiver, file, outcome) {
      bars.delete(receiver.peerId);
      notes.ended(receiver, file, outcome);
      if (bars.size > 0) draw();
    },
    done(outcomes, givenBytes) {
      terminal.clearStatus();
      notes.totals(outcomes, givenBytes);
    },
  };
}
