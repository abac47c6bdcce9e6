import { CardumeError, durationFromMs, type Transfer, type TransferCaller } from '@cardume/client';
import { wireDirection, wireKind, wirePath, wirePhase, wireState } from '@cardume/client/control';
import {
  type ControlServiceImplementation,
  type DeepPartial,
  type GetStatusResponse,
  Path,
  type Transfer as WireTransfer,
} from '@cardume/proto/control/v1';
import { checkPageSize, readPageToken, writePageToken } from '@cardume/service-kit';
import { type ControlSource, type MeasureLoad, placeOf } from '../core/control-source.ts';
import { defaultPageSize, maxPageSize, maxTransferIdBytes } from '../core/limits.ts';

const tokens = 'list-transfers';

/** What the service works with. */
export interface ControlComponents {
  source: ControlSource;
  measureLoad: MeasureLoad;
}

/** Makes the `ControlService` of a process. */
export function createControlService({ source, measureLoad }: ControlComponents): ControlServiceImplementation {
  const find = (id: string): Transfer => {
    const transfer = source.transfers().find((one) => one.id === id);
    if (transfer !== undefined) return transfer;
    throw new CardumeError('TRANSFER_UNKNOWN', 'no transfer with this id is under way here, or no more');
  };
  return {
    getStatus: async () => statusMessage(source),
    async listTransfers(request) {
      const pageSize = checkPageSize(request.pageSize, { defaultPageSize, maxPageSize });
      // A page begins after an id, so that a list that changes meanwhile neither loses nor repeats one.
      const after = request.pageToken === '' ? -1 : placeOf(readPageToken(tokens, request.pageToken).toString());
      const rest = source.transfers().filter(({ id }) => placeOf(id) > after);
      const page = rest.slice(0, pageSize);
      const last = rest.length > pageSize ? page.at(-1) : undefined;
      const nextPageToken = last === undefined ? '' : writePageToken(tokens, Buffer.from(last.id));
      return { transfers: page.map(transferMessage), nextPageToken };
    },
    async getTransfer({ id }) {
      if (id === '' || Buffer.byteLength(id) > maxTransferIdBytes) {
        throw CardumeError.invalidField(
          'id',
          `must have 1 to ${maxTransferIdBytes} bytes; ListTransfers says which there are`,
        );
      }
      find(id);
      const load = await measureLoad();
      return { transfer: transferMessage(find(id)), load };
    },
  };
}

function statusMessage(source: ControlSource): DeepPartial<GetStatusResponse> {
  const { kind, share, ...rest } = source.status();
  if (share === undefined) return { kind: wireKind[kind], ...rest };
  const { isJoined: joined, maxUploadBytesPerSecond = 0, ...shared } = share;
  return { kind: wireKind[kind], ...rest, share: { ...shared, joined, maxUploadBytesPerSecond } };
}

function transferMessage(transfer: Transfer): DeepPartial<WireTransfer> {
  const { direction, phase, maxBytesPerSecond = 0, folder, sources, caller, ...rest } = transfer;
  return {
    ...rest,
    direction: wireDirection[direction],
    phase: wirePhase[phase],
    maxBytesPerSecond: Math.ceil(maxBytesPerSecond),
    fileCount: folder?.fileCount ?? 0,
    doneFileCount: folder?.doneCount ?? 0,
    sources: sources.map(({ path, state, isStalled: stalled, roundTripMs, failure, ...source }) => ({
      ...source,
      path: wirePath[path],
      state: wireState[state],
      stalled,
      roundTripTime: roundTripMs === undefined ? undefined : durationFromMs(roundTripMs),
      failure: failure?.message ?? '',
      failureReason: failure?.reason ?? '',
    })),
    caller: caller === undefined ? undefined : { ...caller, path: callerPathOf(caller) },
  };
}

function callerPathOf({ path }: TransferCaller): Path {
  return path === undefined ? Path.PATH_UNSPECIFIED : wirePath[path];
}
