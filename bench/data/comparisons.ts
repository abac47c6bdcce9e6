import { cardumeHelp, cardumeSystem } from './systems/cardume.ts';
import { cardumeTls } from './systems/cardume-tls.ts';
import { libtorrent } from './systems/libtorrent.ts';
import { nginxAndCurl } from './systems/nginx-and-curl.ts';
import { bareNode, nodeHttp2 } from './systems/node.ts';
import { rsyncDaemon } from './systems/rsync-daemon.ts';
import { scp } from './systems/scp.ts';
import type { System } from './systems/system.ts';

/** What `--only` calls them. */
export const comparisonNames = ['file', 'tls', 'files', 'tiny', 'start'] as const;

/** Systems that do the same work, ours first: the others are compared with it. */
export interface Comparison {
  readonly name: string;
  readonly title: string;
  readonly fileCount: number;
  readonly fileSizeBytes: number;
  readonly systems: readonly [System, ...System[]];
}

/**
 * What `make bench-data` measures. A row of the tables is a system in one of these lists.
 *
 * @param main the entry of the `cardume` command
 * @param fileSizeBytes how large the one large file is
 */
export function comparisons(main: string, fileSizeBytes: number): Comparison[] {
  const cardume = cardumeSystem({ main });
  return [
    {
      name: 'file',
      title: `One file of ${(fileSizeBytes / 2 ** 20).toLocaleString('en-US')} MiB`,
      fileCount: 1,
      fileSizeBytes,
      systems: [cardume, nodeHttp2, nginxAndCurl, rsyncDaemon, scp, libtorrent],
    },
    {
      name: 'tls',
      title: `One file of ${(fileSizeBytes / 2 ** 20).toLocaleString('en-US')} MiB, encrypted`,
      fileCount: 1,
      fileSizeBytes,
      systems: [cardumeTls, scp],
    },
    {
      name: 'files',
      title: '1,000 files of 100 KiB',
      fileCount: 1_000,
      fileSizeBytes: 100 * 1024,
      systems: [cardume, rsyncDaemon],
    },
    { name: 'tiny', title: 'One file of 1 KiB', fileCount: 1, fileSizeBytes: 1024, systems: [cardume, scp] },
    { name: 'start', title: 'Start-up', fileCount: 0, fileSizeBytes: 0, systems: [cardumeHelp(main), bareNode] },
  ];
}

/**
 * Takes some of the comparisons, and of each ours and some of the others.
 *
 * @param only names of comparisons; none: all
 * @param against how the names of systems begin; none: all
 */
export function chooseComparisons(
  all: readonly Comparison[],
  only: readonly string[],
  against: readonly string[],
): Comparison[] {
  const isWanted = ({ name }: System): boolean =>
    against.length === 0 || against.some((beginning) => name.startsWith(beginning));
  return all
    .filter(({ name }) => only.length === 0 || only.includes(name))
    .map(({ systems: [ours, ...others], ...comparison }) => ({
      ...comparison,
      systems: [ours, ...others.filter(isWanted)],
    }));
}
