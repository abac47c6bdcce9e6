import { ControlServiceDefinition } from '@cardume/proto/control/v1';
import type { ProcessLoad, ProcessStatus, Transfer } from '../../core/model/transfer.ts';
import { followPages } from '../../core/paging/follow-pages.ts';
import { CardumeError, errnoOf } from '../../errors/cardume-error.ts';
import { grpcClient } from '../grpc/grpc-client.ts';
import { openGrpcSession } from '../grpc/grpc-session.ts';
import { loadOf, statusOf, transferOf } from './control-messages.ts';
import { removeDeadSocket, socketPaths } from './run-folder.ts';

/** For how long a process may be silent: it is on this machine, and may be stopped, or busy with its disk. */
const deadlineMs = 3_000;

/** A process of Cardume's of the same user on this machine. It throws only CardumeErrors. */
export interface ControlClient {
  /** The path of its socket. */
  readonly path: string;
  status(options?: { signal?: AbortSignal }): Promise<ProcessStatus>;
  /** What is under way, downloads first, page by page as they are consumed. */
  transfers(options?: { signal?: AbortSignal }): AsyncGenerator<Transfer, void, undefined>;
  /** One transfer, and what the process has to do. @throws CardumeError TRANSFER_UNKNOWN */
  transfer(
    id: string,
    options?: { signal?: AbortSignal },
  ): Promise<{ transfer: Transfer; load: ProcessLoad | undefined }>;
  close(): void;
}

/** Opens the process behind a socket. It connects with the first call. */
export function openControl(path: string): ControlClient {
  const who = `the process at ${path}`;
  const session = openGrpcSession({ host: 'localhost', port: 1 }, { socketPath: path });
  const service = grpcClient(ControlServiceDefinition, session, who);
  return {
    path,
    status: async ({ signal } = {}) => statusOf(await service.getStatus({}, { signal, deadlineMs })),
    transfers: ({ signal } = {}) =>
      followPages(who, async (pageToken = '') => {
        const page = await service.listTransfers({ pageToken, pageSize: 0 }, { signal, deadlineMs });
        return { items: page.transfers.map(transferOf), nextPageToken: page.nextPageToken || undefined };
      }),
    async transfer(id, { signal } = {}) {
      const { transfer, load } = await service.getTransfer({ id }, { signal, deadlineMs });
      if (transfer === undefined) throw new CardumeError('BYTES_MISMATCH', `${who} answered without a transfer`);
      return { transfer: transferOf(transfer), load: load === undefined ? undefined : loadOf(load) };
    },
    close: () => session.close(),
  };
}

/** What is found of processes in a folder. */
export interface FoundProcesses {
  /** Those that answer, to be closed. */
  processes: { control: ControlClient; status: ProcessStatus }[];
  /** Those that do not, and why. */
  problems: { path: string; error: CardumeError }[];
}

/**
 * Asks the processes that have a socket in a folder who they are. The sockets of those that ended without a word, such as by
 * `kill -9`, are removed.
 *
 * @throws CardumeError NOT_ALLOWED when the folder is not this user's alone
 */
export async function findProcesses(folder: string, options: { signal?: AbortSignal } = {}): Promise<FoundProcesses> {
  const found: FoundProcesses = { processes: [], problems: [] };
  const ask = async (path: string): Promise<void> => {
    const control = openControl(path);
    try {
      found.processes.push({ control, status: await control.status(options) });
    } catch (error) {
      control.close();
      if (!CardumeError.is(error)) throw error;
      // Nobody listens there, and nobody ever will: each process makes a path of its own.
      if (isGone(error)) await removeDeadSocket(path, Date.now());
      else found.problems.push({ path, error });
    }
  };
  await Promise.all((await socketPaths(folder)).map(ask));
  found.processes.sort((a, b) => a.status.startTime.getTime() - b.status.startTime.getTime());
  return found;
}

function isGone({ cause }: CardumeError): boolean {
  const code = errnoOf(cause);
  return code === 'ECONNREFUSED' || code === 'ENOENT';
}
