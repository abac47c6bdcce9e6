import type {
  DeepPartial,
  GetUploadRequest,
  GetUploadResponse,
  UploadRequest,
  UploadResponse,
} from '@cardume/proto/transfer/v1';
import { callerOf, noteFact } from '@cardume/service-kit';
import type { CallContext } from 'nice-grpc';
import type { Sender } from '../core/offers/offer.ts';
import type { UploadPart, UploadProgress } from '../core/offers/upload.ts';
import { noInbox } from './offer.ts';
import { senderOf } from './read-source.ts';

/** Receives what is uploaded. */
export interface ReceivesUploads {
  /** @throws CardumeError what the contract says of Upload */
  upload(parts: AsyncIterable<UploadPart>, sender: Sender, call: UploadCall): Promise<UploadProgress>;
  /** @throws CardumeError INVALID_FIELD, UNSAFE_NAME, OFFER_REFUSED, LIMIT_REACHED */
  progress(file: UploadPart['file'], sender: Sender): Promise<UploadProgress>;
}

/** What an upload knows of its call. */
export interface UploadCall {
  signal: AbortSignal;
  /** Notes for the audit log what was uploaded. */
  note: (fact: object) => void;
}

export interface UploadComponents {
  /** Undefined: this peer has no inbox. */
  uploadedFiles: ReceivesUploads | undefined;
}

/** Makes the handler of `TransferService.Upload`. */
export function createUpload({ uploadedFiles }: UploadComponents) {
  return async function upload(
    requests: AsyncIterable<UploadRequest>,
    context: CallContext,
  ): Promise<DeepPartial<UploadResponse>> {
    if (uploadedFiles === undefined) throw noInbox();
    const call = { signal: context.signal, note: (fact: object) => noteFact(context, fact) };
    const { committedSizeBytes, name, alreadyPresent } = await uploadedFiles.upload(
      requests,
      senderOf(context.peer, callerOf(context)),
      call,
    );
    return { committedSizeBytes, complete: name !== undefined, name: name ?? '', alreadyPresent };
  };
}

/** Makes the handler of `TransferService.GetUpload`. */
export function createGetUpload({ uploadedFiles }: UploadComponents) {
  return async function getUpload(
    { file }: GetUploadRequest,
    context: CallContext,
  ): Promise<DeepPartial<GetUploadResponse>> {
    if (uploadedFiles === undefined) throw noInbox();
    const { committedSizeBytes, name } = await uploadedFiles.progress(file, senderOf(context.peer, callerOf(context)));
    return { committedSizeBytes, complete: name !== undefined };
  };
}
