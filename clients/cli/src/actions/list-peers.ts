import type { PeerInfo } from '@cardume/client';
import { collect } from '../core/collect.ts';
import { exitCode } from '../core/exit-code.ts';
import { maxCollectedCharacters, maxPeers } from '../core/limits.ts';
import { jsonLine } from '../core/text/json-line.ts';
import { peerTable } from '../core/text/peer-table.ts';
import { plural } from '../core/units/plural.ts';
import { formatSize } from '../core/units/size.ts';
import type { Context } from './context.ts';
import { type ReachFlags, reachIndex } from './reach-index.ts';

/** The flags of `cardume peers`. */
export interface PeersFlags extends ReachFlags {
  json?: boolean;
}

/** Lists the live peers. That there are none is an answer, not a failure. */
export async function listPeers(flags: PeersFlags, context: Context): Promise<number> {
  const { terminal, interruption } = context;
  const reached = await reachIndex(flags, context, { looksOnLan: true });
  const index = reached.open();
  try {
    const list = index.listPeers({ signal: interruption.signal });
    const { items: peers, more } = await collect(list, { maxItems: maxPeers, maxCharacters: maxCollectedCharacters });
    if (flags.json === true) {
      for (const peer of peers) terminal.print(jsonLine({ type: 'peer', ...peer }));
    } else if (peers.length > 0) {
      const [header = '', ...lines] = peerTable(peers, terminal);
      terminal.print(terminal.style('result', 'dim', header));
      for (const line of lines) terminal.print(line);
    }
    terminal.note(totalsOf(peers));
    if (more) terminal.note('There are more than these.');
    return exitCode.done;
  } finally {
    index.close();
    reached.close();
  }
}

function totalsOf(peers: readonly PeerInfo[]): string {
  if (peers.length === 0) return 'No peers: nobody shares by this index now.';
  const files = peers.reduce((sum, { fileCount }) => sum + fileCount, 0);
  const bytes = peers.reduce((sum, { totalSizeBytes }) => sum + totalSizeBytes, 0);
  return `${plural(peers.length, 'peer')}, ${plural(files, 'file')}, ${formatSize(bytes)}`;
}
