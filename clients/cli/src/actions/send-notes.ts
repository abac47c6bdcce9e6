import { type CardumeError, type PeerInfo, printable, type SharedFile } from '@cardume/client';
import type { SendOutcome } from '../core/send/send-outcome.ts';
import { countsOf, sendText, sentText } from '../core/text/send-text.ts';
import { formatSize } from '../core/units/size.ts';
import type { Context } from './context.ts';

/** Tells in lines how sending goes; the same is not told twice in a row. */
export class SendNotes {
  readonly #terminal: Context['terminal'];
  readonly #told = new Map<string, string>();

  constructor({ terminal }: Pick<Context, 'terminal'>) {
    this.#terminal = terminal;
  }

  /** Tells of a state that one receiver is in. */
  state(receiver: PeerInfo, file: SharedFile, state: string): void {
    const key = `${receiver.peerId} ${file.digest}`;
    if (this.#told.get(key) === state) return;
    this.#told.set(key, state);
    this.#terminal.note(`${sendText(receiver, file)}: ${state}`);
  }

  /** A receiver is away or busy, and is asked again. */
  away(receiver: PeerInfo, file: SharedFile, { message }: CardumeError): void {
    this.state(receiver, file, `${printable(message)}; it is tried again`);
  }

  ended(receiver: PeerInfo, file: SharedFile, outcome: SendOutcome): void {
    this.#told.delete(`${receiver.peerId} ${file.digest}`);
    const terminal = this.#terminal;
    if (outcome.kind === 'sent') {
      terminal.print(sentText(receiver, file, outcome));
      return;
    }
    const label = terminal.style('note', 'red', outcome.kind === 'refused' ? 'refused:' : 'failed:');
    const text = outcome.message.split('\n').map(printable).join('\n');
    terminal.note(`${sendText(receiver, file)}: ${label} ${text}`);
  }

  /** Tells how many ended how, and how much of it was given from here, when there were several. */
  totals(outcomes: readonly SendOutcome[], givenBytes: number): void {
    if (outcomes.length < 2) return;
    const { sent, refused, failed } = countsOf(outcomes);
    const given = `${formatSize(givenBytes)} given from here`;
    this.#terminal.note(`${sent} sent, ${refused} refused, ${failed} failed; ${given}.`);
  }
}
