import type { Program } from '../../data/program.ts';
import type { Options } from '../options.ts';
import type { RunRoundsInit } from '../run-rounds.ts';

/** What a part of the benchmark gets. */
export interface PartInit extends RunRoundsInit {
  options: Options;
}

/** What a part found: lines of Markdown, and what took part. */
export interface PartReport {
  lines: string[];
  /** `name: note`, once for each system. */
  notes: string[];
  programs: readonly Program[];
}

/** The notes and programs of the systems that ran. */
export function systemsOf(
  systems: readonly { name: string; note: string; programs: readonly Program[] }[],
): Pick<PartReport, 'notes' | 'programs'> {
  return {
    notes: systems.map(({ name, note }) => `- ${name}: ${note}.`),
    programs: systems.flatMap(({ programs }) => programs),
  };
}
