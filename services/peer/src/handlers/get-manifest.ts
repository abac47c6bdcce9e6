import { CardumeError, checkDigest, type Manifest } from '@cardume/client';
import type { DeepPartial, GetManifestRequest, GetManifestResponse } from '@cardume/proto/transfer/v1';
import { effectivePieceLength, manifestParts } from '../core/manifest-parts.ts';
import type { ShareList } from '../core/share-list.ts';
import type { Slots } from '../core/slots.ts';

export interface GetManifestComponents {
  list: ShareList;
  slots: Slots;
  /** The manifest at the usual piece length that was made when the file was hashed. */
  manifestOf: (digest: string) => Manifest | undefined;
}

/** Makes the handler of `TransferService.GetManifest`. */
export function createGetManifest({ list, slots, manifestOf }: GetManifestComponents) {
  return async function* getManifest({
    digest,
    pieceLengthBytes: asked,
  }: GetManifestRequest): AsyncGenerator<DeepPartial<GetManifestResponse>, void, undefined> {
    checkDigest(digest, 'digest');
    const sizeBytes = list.find(digest, '')[0]?.sizeBytes ?? 0;
    const pieceLengthBytes = effectivePieceLength(asked, sizeBytes);
    const giveBack = slots.take();
    try {
      const manifest = manifestOf(digest);
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
