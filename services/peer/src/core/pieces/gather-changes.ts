import type { PieceRun } from '@cardume/client';
import { maxPieceRunsPerMessage } from '../limits.ts';
import type { PiecesChange } from './piece-news.ts';
import { runsOf } from './piece-runs.ts';

/** What changed of a file's pieces since it was taken last. What begins and ends meanwhile is no change. */
export class GatheredChanges {
  readonly #added = new Set<number>();
  readonly #sending = new Map<number, 'underway' | 'ended'>();
  #complete = false;

  add({ first, end }: PieceRun): void {
    for (let piece = first; piece < end; piece++) this.#added.add(piece);
  }

  complete(): void {
    this.#complete = true;
  }

  /** A piece is being sent now and was not, or the other way round. */
  sends(piece: number, what: 'underway' | 'ended'): void {
    const before = this.#sending.get(piece);
    if (before === undefined || before === what) this.#sending.set(piece, what);
    else this.#sending.delete(piece);
  }

  /**
   * Takes out what has been gathered.
   *
   * @returns undefined when it is nothing; 'too-much' when it is more than fits into a message
   */
  take(): PiecesChange | 'too-much' | undefined {
    const ofKind = (wanted: string): PieceRun[] | undefined =>
      runsOf(
        [...this.#sending].flatMap(([piece, what]) => (what === wanted ? [piece] : [])),
        maxPieceRunsPerMessage,
      );
    const added = runsOf(this.#added, maxPieceRunsPerMessage);
    const underway = ofKind('underway');
    const ended = ofKind('ended');
    const complete = this.#complete;
    this.clear();
    if (added === undefined || underway === undefined || ended === undefined) return 'too-much';
    const isNothing = added.length + underway.length + ended.length === 0 && !complete;
    return isNothing ? undefined : { kind: 'change', added, underway, ended, complete };
  }

  clear(): void {
    this.#added.clear();
    this.#sending.clear();
    this.#complete = false;
  }
}
