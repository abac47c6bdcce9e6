import { CardumeError } from '@cardume/client';
import { slotRetryDelayMs } from '@cardume/service-kit';
import { maxFolderDocumentBytes } from './limits.ts';
import type { OpenFile } from './open-file.ts';

interface Document {
  bytes: Promise<Buffer>;
  sizeBytes: number;
  users: number;
}

/**
 * The folder manifests that are being served. Each is made when it is first asked for, is there once for all who read it, and
 * stays for the next one as long as there is room.
 */
export class FolderDocuments {
  readonly #documents = new Map<string, Document>();
  #bytes = 0;

  /**
   * Opens a manifest for reading.
   *
   * @throws CardumeError LIMIT_REACHED when those that are being read take all the room; what `make` throws
   */
  async open(digest: string, sizeBytes: number, make: () => Promise<Buffer>): Promise<OpenFile> {
    const document = this.#documents.get(digest) ?? this.#make(sizeBytes, make);
    // The one that was used last is the last to go.
    this.#documents.delete(digest);
    this.#documents.set(digest, document);
    document.users += 1;
    const close = async (): Promise<void> => {
      document.users -= 1;
    };
    try {
      const bytes = await document.bytes;
      const read = async (buffer: Uint8Array, position: number): Promise<void> => {
        bytes.copy(buffer, 0, position, position + buffer.length);
      };
      return { read, close };
    } catch (error) {
      await close();
      if (this.#documents.get(digest) === document) this.#drop(digest, document);
      throw error;
    }
  }

  /** Makes room for a document, and begins to make it. */
  #make(sizeBytes: number, make: () => Promise<Buffer>): Document {
    for (const [idle, document] of this.#documents) {
      if (this.#bytes + sizeBytes <= maxFolderDocumentBytes) break;
      if (document.users === 0) this.#drop(idle, document);
    }
    if (this.#bytes + sizeBytes > maxFolderDocumentBytes) {
      throw new CardumeError(
        'LIMIT_REACHED',
        'this peer is sending all the folder manifests that it can; try again soon',
        {
          retryDelayMs: slotRetryDelayMs,
          metadata: { limit: 'maxFolderDocumentBytes' },
        },
      );
    }
    this.#bytes += sizeBytes;
    return { bytes: make(), sizeBytes, users: 0 };
  }

  #drop(digest: string, { sizeBytes }: Document): void {
    this.#documents.delete(digest);
    this.#bytes -= sizeBytes;
  }
}
