import { openIndex, type PeerInfo } from '@cardume/client';
import type { Context } from '../context.ts';
import { exitCode } from '../core/exit-code.ts';
import { jsonLine } from '../core/text/json-line.ts';
import { peerTable } from '../core/text/peer-table.ts';
import { plural } from '../core/units/plural.ts';
import { formatSize } from '../core/units/size.ts';
import { indexAddress } from './index-address.ts';

/** The flags of `cardume peers`. */
export interface PeersFlags {
  index: string;
  json?: boolean;
}

/** Ten times what an index is designed for; what a hostile one sends is not taken beyond it. */
const maxPeers = 100_000;

/** Lists the live peers. That there are none is an answer, not a failure. */
export async function listPeers(flags: PeersFlags, { terminal, interruption }: Context): Promise<number> {
  const index = openIndex(indexAddress(flags));
  try {
    const peers: PeerInfo[] = [];
    for await (const peer of index.listPeers({ signal: interruption.signal })) {
      peers.push(peer);
      if (peers.length >= maxPeers) break;
    }
    if (flags.json === true) {
      for (const peer of peers) terminal.print(jsonLine(peer));
    } else if (peers.length > 0) {
      const [header = '', ...lines] = peerTable(peers, terminal.columns);
      terminal.print(terminal.style('result', 'dim', header));
      for (const line of lines) terminal.print(line);
    }
    terminal.note(totalsOf(peers));
    return exitCode.done;
  } finally {
    index.close();
  }
}

function totalsOf(peers: readonly PeerInfo[]): string {
  if (peers.length === 0) return 'No peers: nobody shares by this index now.';
  const files = peers.reduce((sum, { fileCount }) => sum + fileCount, 0);
  const bytes = peers.reduce((sum, { totalSizeBytes }) => sum + totalSizeBytes, 0);
  return `${plural(peers.length, 'peer')}, ${plural(files, 'file')}, ${formatSize(bytes)}`;
}
