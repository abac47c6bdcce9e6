import { medianAndRange } from '../support/median-and-range.ts';
import type { SwarmOutcome } from './run-swarm.ts';

/** A table as lines of Markdown. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

/** A median and a range of what can be said; empty when nothing can. */
export function cell(values: readonly number[], digits: number): string {
  const known = values.filter(Number.isFinite);
  return known.length === 0 ? '' : medianAndRange(known, digits);
}

/** Of all processes together. */
export function allCpuSeconds({ cpuSeconds: { sender, receiver, helper } }: SwarmOutcome): number {
  return sender + receiver + helper;
}

/** What went wrong, and how often; empty when nothing did. */
export function problemsOf(outcomes: readonly SwarmOutcome[]): string {
  const problems = outcomes.flatMap(({ problem }) => problem ?? []);
  return [...new Set(problems)]
    .map((problem) => {
      const count = problems.filter((each) => each === problem).length;
      return `${count} of ${outcomes.length}: ${problem.replaceAll('|', '\\|').slice(0, 160)}`;
    })
    .join('; ');
}

/** The last columns of every table: whether the machine was the limit, and what went wrong. */
export const machineHeader = ['CPU of all, % of the machine', 'machine busy, %', 'steal, %', 'problems'];

/** What stands under {@link machineHeader}. */
export function machineCells(outcomes: readonly SwarmOutcome[]): string[] {
  return [
    cell(
      outcomes.map(({ cpuPercent }) => cpuPercent),
      0,
    ),
    cell(
      outcomes.map(({ busyPercent }) => busyPercent),
      0,
    ),
    cell(
      outcomes.map(({ stealPercent }) => stealPercent),
      0,
    ),
    problemsOf(outcomes),
  ];
}
