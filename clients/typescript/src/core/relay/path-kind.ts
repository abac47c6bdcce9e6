import type { TransferPath } from '../model/transfer.ts';

/** How a peer is reached that cannot be dialled: it has connected to this machine, or all passes a relay, which reads none of it. */
export type PathKind = Exclude<TransferPath, 'direct'>;
