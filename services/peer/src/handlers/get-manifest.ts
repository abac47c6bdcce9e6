import { CardumeError, checkDigest, type Manifest } from '@cardume/client';
import type { DeepPartial, GetManifestRequest, GetManifestResponse } from '@cardume/proto/transfer/v1';
import { callerOf, peerOf, type Slots } from '@cardume/service-kit';
import type { CallContext } from 'nice-grpc';
import { effectivePieceLength, manifestParts } from '../core/manifest-parts.ts';
import type { ShareEntry } from '../core/share-list.ts';
import type { SeeingCaller, SeenShare } from '../core/share-rights.ts';

export interface GetManifestComponents {
  /** What a caller sees, by its certificate. */
  seenBy: (caller: SeeingCaller | undefined) => Pick<SeenShare, 'files'>;
  slots: Slots;
  /** The manifest of files of one content, at their usual piece length. */
  manifestOf: (files: readonly ShareEntry[]) => Manifest | undefined;
}

/** Makes the handler of `TransferService.GetManifest`. */
export function createGetManifest({ seenBy, slots, manifestOf }: GetManifestComponents) {
  return async function* getManifest(
    { digest, pieceLengthBytes: asked }: GetManifestRequest,
    context: CallContext,
  ): AsyncGenerator<DeepPartial<GetManifestResponse>, void, undefined> {
    checkDigest(digest, 'digest');
    const found = seenBy(peerOf(callerOf(context))).files.find(digest, '');
    const sizeBytes = found[0]?.sizeBytes ?? 0;
    const pieceLengthBytes = effectivePieceLength(asked, sizeBytes);
    const giveBack = slots.take();
    try {
      const manifest = manifestOf(found);
      if (manifest === undefined)
        throw new CardumeError('STORAGE_FAILED', `this peer has lost the manifest of ${digest}`);
      for (const pieceHashes of manifestParts(manifest, pieceLengthBytes)) {
        yield { sizeBytes, pieceLengthBytes, pieceHashes };
      }
    } finally {
      giveBack();
    }
  };
}
