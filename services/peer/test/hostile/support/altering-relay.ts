import type { Address } from '@cardume/client';
import { frameMessage } from '@cardume/client';
import {
  type CallerAddress,
  type ListenRequest,
  ListenResponse,
  RelayServiceDefinition,
} from '@cardume/proto/relay/v1';
import {
  bothStreams,
  createLogger,
  type RunningServer,
  rawStream,
  type ServerTls,
  serve,
  startServer,
} from '@cardume/service-kit';

/** What it does to the bytes that a caller sends. */
export type Alter = (data: Uint8Array) => Uint8Array;

type Message = { data: Uint8Array };
type Send = (message: Message) => Promise<void>;

/**
 * A relay that joins callers and peers as ours do, and does with what passes whatever it likes.
 *
 * @param elsewhere where it tells peers to connect, in the place of itself
 */
export async function startAlteringRelay(
  tls: ServerTls,
  alter: Alter,
  elsewhere?: CallerAddress,
): Promise<RunningServer> {
  const empty = new Uint8Array();
  const listening: ((id: Buffer) => void)[] = [];
  const waiting = new Map<string, { toCaller: Send; accepted: (toPeer: Send) => void }>();
  const listen: Address = { host: '127.0.0.1', port: 0 };
  const service = serve(RelayServiceDefinition, {
    listRelays: async () => ({ here: true }),
    askBack: async () => ({}),
    listen: rawStream<ListenRequest>(async (_request, { signal, send }) => {
      const tell = (tunnelId: Uint8Array): Promise<void> =>
        send(
          frameMessage(
            ListenResponse.encode({ tunnelId, caller: tunnelId.length === 0 ? undefined : elsewhere }).finish(),
          ),
        );
      await tell(empty);
      listening.push((id) => void tell(id));
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    }),
    connect: bothStreams(async (requests, { send }) => {
      let toPeer: Send | undefined;
      for await (const { data } of requests) {
        if (toPeer !== undefined) {
          await toPeer({ data: alter(data) });
          continue;
        }
        const id = Buffer.alloc(32, waiting.size + 1);
        const { promise, resolve } = Promise.withResolvers<Send>();
        waiting.set(id.toString('hex'), { toCaller: send, accepted: resolve });
        listening.at(-1)?.(id);
        toPeer = await promise;
        await send({ data: empty });
      }
    }),
    accept: bothStreams(async (requests, { send }) => {
      let toCaller: Send | undefined;
      for await (const { tunnelId, data } of requests) {
        if (toCaller !== undefined) {
          await toCaller({ data });
          continue;
        }
        await send({ data: empty });
        const other = waiting.get(Buffer.from(tunnelId).toString('hex'));
        other?.accepted(send);
        toCaller = other?.toCaller;
      }
    }),
  });
  const logger = createLogger({ service: 'relay', level: 'silent' });
  return startServer({ listen, insecure: false, tls, services: [service], logger });
}
