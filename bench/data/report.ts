import { medianAndRange } from '../support/median-and-range.ts';
import type { Transfer } from './measure-transfer.ts';
import type { ComparisonResult } from './run-comparison.ts';

const mebibyte = 2 ** 20;
/** Below it a row shows seconds with more digits, and CPU as it is instead of for each GiB: the start is all there is. */
const leastForRatesBytes = 16 * mebibyte;

/** A comparison as lines of Markdown: a heading, a table with a row for each system, and what is absent. */
export function reportComparison({ comparison, measured, absent }: ComparisonResult): string[] {
  const { title, fileCount, fileSizeBytes } = comparison;
  const sizeBytes = fileCount * fileSizeBytes;
  const large = sizeBytes >= leastForRatesBytes;
  const cpuUnit = large ? 's/GiB' : 's';
  const perUnit = large ? 2 ** 30 / sizeBytes : 1;
  const [ours = []] = measured.values();
  const header = [
    ...['system', 's', ...(large ? ['GB/s'] : []), 'its time / ours'],
    ...[`CPU of the sender, ${cpuUnit}`, `CPU of the receiver, ${cpuUnit}`, 'our CPU / its'],
    ...['peak RSS of the sender, MiB', 'of the receiver, MiB', 'steal, %'],
  ];
  const rows = [...measured].map(([system, transfers]) => {
    const column = (value: (transfer: Transfer) => number, digits: number): string =>
      medianAndRange(transfers.map(value), digits);
    const ratio = (value: (ours: Transfer, its: Transfer) => number): string =>
      transfers === ours
        ? ''
        : medianAndRange(
            ours.map((our, round) => value(our, transfers[round] ?? our)),
            2,
          );
    return [
      system.name,
      column(({ seconds }) => seconds, large ? 2 : 3),
      ...(large ? [column(({ seconds }) => sizeBytes / 1e9 / seconds, 2)] : []),
      ratio((our, its) => its.seconds / our.seconds),
      column((transfer) => senderCpu(transfer) * perUnit, 2),
      column(({ cpuSeconds }) => cpuSeconds.receiver * perUnit, 2),
      ratio((our, its) => allCpu(our) / allCpu(its)),
      column(({ peakMemoryBytes }) => peakMemoryBytes.sender / mebibyte, 0),
      column(({ peakMemoryBytes }) => peakMemoryBytes.receiver / mebibyte, 0),
      column(({ stealPercent }) => stealPercent, 0),
    ];
  });
  return [
    ...[`### ${title}`, ''],
    ...[header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`),
    ...(absent.size > 0 ? [''] : []),
    ...[...absent].map(([{ name }, reason]) => `- absent: ${name}; ${reason}.`),
  ];
}

/** What the systems of all comparisons do and leave out, each said once. */
export function reportNotes(results: readonly ComparisonResult[]): string[] {
  const systems = results.flatMap(({ measured }) => [...measured.keys()]);
  return [...new Set(systems.map(({ name, note }) => `- ${name}: ${note}.`))];
}

/** What helps both, as our index, counts as the sender's. */
function senderCpu({ cpuSeconds }: Transfer): number {
  return cpuSeconds.sender + cpuSeconds.helper;
}

function allCpu(transfer: Transfer): number {
  return senderCpu(transfer) + transfer.cpuSeconds.receiver;
}
