import { checkDigest } from '@cardume/client';
import type { PeerIdentity } from '@cardume/client/trust';
import type { ReportHolderRequest, ReportHolderResponse } from '@cardume/proto/index/v1';
import { callerHost, callerPlace } from '@cardume/service-kit';
import { checkPeerId } from '../core/checks/check-peer-id.ts';
import { checkPiece } from '../core/checks/check-piece.ts';
import { type ReportComponents, reportHolder } from '../core/reports/report-holder.ts';

/** Handles ReportHolder. */
export async function handleReportHolder(
  components: ReportComponents,
  request: ReportHolderRequest,
  { transportPeer, caller }: { transportPeer: string; caller: PeerIdentity | undefined },
): Promise<ReportHolderResponse> {
  const { peerId, digest, piece } = request;
  checkDigest(digest, 'digest');
  const terms = {
    peerId: checkPeerId(peerId),
    digest,
    piece: checkPiece(piece),
    reporter: caller?.peerId ?? callerPlace(callerHost(transportPeer)),
    user: caller?.user,
  };
  return { reportCount: await reportHolder(components, terms) };
}
