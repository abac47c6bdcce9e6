import { CardumeError, hashFile, messageOf, printable } from '@cardume/client';
import { createCallerSlots, createSlots, type Logger, type SharedSlots, takeSlotOf } from '@cardume/service-kit';
import { isFileAt } from './adapters/inbox/inbox-folder.ts';
import { openUploadFile, uploadedBytes } from './adapters/inbox/upload-file.ts';
import { maxUploads, maxUploadsPerSender } from './core/limits.ts';
import { type Offer, offerKey, type Sender, senderKey } from './core/offers/offer.ts';
import { checkPart, checkUpload, type UploadPart, type UploadProgress } from './core/offers/upload.ts';
import type { PeerEvent } from './core/peer-event.ts';
import type { Inbox } from './inbox.ts';

export interface UploadReceiverInit {
  inbox: Inbox;
  logger: Logger;
  onEvent: (event: PeerEvent) => void;
}

/** The call of an upload. */
export interface UploadCall {
  signal: AbortSignal;
  /** Notes what was uploaded. */
  note: (fact: object) => void;
}

/** Receives what callers upload who are no peers, where the inbox lets it. */
export class UploadReceiver {
  readonly #init: UploadReceiverInit;
  readonly #slots: SharedSlots = {
    slots: createSlots(maxUploads, 'maxUploads'),
    callerSlots: createCallerSlots(maxUploadsPerSender, 'maxUploadsPerSender'),
  };
  /** The places that somebody writes to. */
  readonly #open = new Set<string>();

  constructor(init: UploadReceiverInit) {
    this.#init = init;
  }

  /**
   * Receives an upload, or the next part of one.
   *
   * @throws CardumeError INVALID_FIELD, UNSAFE_NAME, OFFER_REFUSED, LIMIT_REACHED, TARGET_BUSY, OFFSET_OUT_OF_RANGE,
   *   DISK_FULL, STORAGE_FAILED; BYTES_MISMATCH when the bytes are not those of the digest
   */
  async upload(parts: AsyncIterable<UploadPart>, sender: Sender, call: UploadCall): Promise<UploadProgress> {
    const giveBack = takeSlotOf(this.#slots, senderKey(sender));
    const messages = parts[Symbol.asyncIterator]();
    try {
      const first = await messages.next();
      const part = first.done === true ? undefined : first.value;
      const offer = checkUpload(part?.file);
      const progress = await this.#receive(offer, part, messages, sender, call.signal);
      const { name, digest, sizeBytes } = offer;
      const { committedSizeBytes, name: placed } = progress;
      call.note({ name, digest, sizeBytes, committedSizeBytes, complete: placed !== undefined });
      return progress;
    } finally {
      giveBack();
      await messages.return?.();
    }
  }

  /** How far an upload of a sender's own is. @throws CardumeError INVALID_FIELD, UNSAFE_NAME, OFFER_REFUSED, LIMIT_REACHED */
  async progress(file: UploadPart['file'], sender: Sender): Promise<UploadProgress> {
    const offer = checkUpload(file);
    const giveBack = takeSlotOf(this.#slots, senderKey(sender));
    try {
      this.#init.inbox.consider(offer, sender);
      const present = await this.#present(offer);
      if (present !== undefined) return present;
      const committedSizeBytes = await uploadedBytes(this.#placeOf(offer, sender));
      return { committedSizeBytes, name: undefined, alreadyPresent: false };
    } finally {
      giveBack();
    }
  }

  async #receive(
    offer: Offer,
    first: UploadPart | undefined,
    rest: AsyncIterator<UploadPart, void, undefined>,
    sender: Sender,
    signal: AbortSignal,
  ): Promise<UploadProgress> {
    const { inbox } = this.#init;
    const answer = inbox.consider(offer, sender);
    const present = await this.#present(offer);
    if (present !== undefined) {
      await passOver(offer, first, rest);
      return present;
    }
    const place = this.#placeOf(offer, sender);
    if (this.#open.has(place)) {
      throw new CardumeError('TARGET_BUSY', 'another call uploads the same now; wait until it has ended');
    }
    this.#open.add(place);
    let takeBack: (() => void) | undefined;
    try {
      takeBack = await inbox.admit(offer, sender, { place, answer, signal });
      const committedSizeBytes = await write(place, offer, first, rest);
      if (committedSizeBytes < offer.sizeBytes) return { committedSizeBytes, name: undefined, alreadyPresent: false };
      return await this.#finish(offer, place, sender);
    } finally {
      this.#open.delete(place);
      takeBack?.();
    }
  }

  /** Verifies what is all there, and gives it its name. */
  async #finish(offer: Offer, place: string, sender: Sender): Promise<UploadProgress> {
    const { inbox, logger, onEvent } = this.#init;
    const { name, digest, sizeBytes } = offer;
    if ((await digestAt(place)) !== digest) {
      await inbox.folder.discard(place);
      throw new CardumeError('BYTES_MISMATCH', 'these are not the bytes of the digest; nothing of them is kept', {
        metadata: { digest },
      });
    }
    const placed = await inbox.folder.place(place, name, false);
    const from = sender.user === undefined ? sender.host : `${printable(sender.user)} (${sender.host})`;
    logger.info({ name: printable(placed), from }, 'received');
    onEvent({ type: 'received', name: printable(placed), totalBytes: sizeBytes, from });
    return { committedSizeBytes: sizeBytes, name: placed, alreadyPresent: false };
  }

  async #present(offer: Offer): Promise<UploadProgress | undefined> {
    const name = await this.#init.inbox.folder.findPresent(offer.name, false, (path) => isFileAt(path, offer));
    return name === undefined ? undefined : { committedSizeBytes: offer.sizeBytes, name, alreadyPresent: true };
  }

  /** Nobody writes to what another uploads. */
  #placeOf(offer: Offer, sender: Sender): string {
    return this.#init.inbox.folder.placeOf(`upload ${senderKey(sender)} ${offerKey(offer)}`);
  }
}

async function digestAt(place: string): Promise<string> {
  try {
    return (await hashFile(place)).digest;
  } catch (error) {
    // Its message has a path of this machine.
    const text = "this peer's disk failed to read what was uploaded";
    throw new CardumeError('STORAGE_FAILED', text, { cause: messageOf(error) });
  }
}

/**
 * Lets a caller say what it has to say of a file that is there already: it is refused what it would be refused if it were not.
 *
 * @throws CardumeError INVALID_FIELD when it says more than the file has
 */
async function passOver(
  { sizeBytes }: Offer,
  first: UploadPart | undefined,
  rest: AsyncIterator<UploadPart, void, undefined>,
): Promise<void> {
  let bytes = first?.data.length ?? 0;
  for (;;) {
    if (bytes > sizeBytes) throw CardumeError.invalidField('data', `goes beyond the ${sizeBytes} bytes of the file`);
    const next = await rest.next();
    if (next.done === true) return;
    if (next.value.file !== undefined) throw CardumeError.invalidField('file', 'stands in the first message only');
    bytes += next.value.data.length;
  }
}

/** Writes what comes; gives how many bytes are there then. */
async function write(
  place: string,
  offer: Offer,
  first: UploadPart | undefined,
  rest: AsyncIterator<UploadPart, void, undefined>,
): Promise<number> {
  const file = await openUploadFile(place);
  try {
    for (let part = first; part !== undefined; ) {
      checkPart(part, file.committedBytes, offer);
      await file.append(part.data);
      const next = await rest.next();
      if (next.done === true) break;
      part = next.value;
      if (part.file !== undefined) throw CardumeError.invalidField('file', 'stands in the first message only');
    }
    if (file.committedBytes === offer.sizeBytes) await file.flush();
    return file.committedBytes;
  } finally {
    await file.close();
  }
}
