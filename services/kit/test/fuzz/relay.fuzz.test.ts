import {
  AcceptRequest,
  AskBackRequest,
  ConnectRequest,
  ListenRequest,
  RelayServiceDefinition,
} from '@cardume/proto/relay/v1';
import { createCallPipeline, createLogger } from '@cardume/service-kit';
import { createRelay } from '@cardume/service-kit/relay';
import { expect, test } from '@jest/globals';
import { callsInProcess } from '../../../../tests/support/fuzz/call-in-process.ts';
import { fuzzSettings } from '../../../../tests/support/fuzz/fuzz-settings.ts';
import { heapBytes } from '../../../../tests/support/fuzz/heap-bytes.ts';
import { type KnownRequests, requestCases } from '../../../../tests/support/fuzz/request-cases.ts';
import { runCases } from '../../../../tests/support/fuzz/run-cases.ts';
import { serviceMethods } from '../../../../tests/support/fuzz/service-methods.ts';
import { until } from '../../../../tests/support/until.ts';

const file = 'services/kit/test/fuzz/relay.fuzz.test.ts';
const peerIds = ['a', 'b', 'c'].map((digit) => digit.repeat(64));
const tunnelIds = [Buffer.alloc(32), Buffer.alloc(32, 1), Buffer.alloc(31)];
const maxHeapGrowthBytes = 64 * 1024 * 1024;

const known: KnownRequests = {
  plausible: { peer_id: [...peerIds, ''] },
  real: {
    ListRelays: [new Uint8Array()],
    AskBack: peerIds.map((peerId) => AskBackRequest.encode({ peerId, tunnelId: Buffer.alloc(32, 7) }).finish()),
    Listen: peerIds.map((peerId) => ListenRequest.encode({ peerId }).finish()),
    Connect: [
      ...peerIds.map((peerId) => ConnectRequest.encode({ peerId, data: new Uint8Array() }).finish()),
      ConnectRequest.encode({ peerId: '', data: Buffer.from('bytes') }).finish(),
    ],
    Accept: [
      ...tunnelIds.map((tunnelId) => AcceptRequest.encode({ tunnelId, data: new Uint8Array() }).finish()),
      AcceptRequest.encode({ tunnelId: new Uint8Array(), data: Buffer.from('bytes') }).finish(),
    ],
  },
};

test(
  'no message of the RelayService makes a relay fail, or hold on to anything',
  async () => {
    const settings = fuzzSettings(file, { share: 0.1 });
    const relay = createRelay(
      {},
      {
        addresses: ['127.0.0.1:1'],
        revoked: () => ({ users: ['rui'], peerIds }),
        reachedAt: async () => ({ host: '127.0.0.1', port: 1 }),
      },
    );
    const logger = createLogger({ service: 'relay', level: 'error' });
    const pipeline = createCallPipeline({ services: [relay.service], logger });
    const call = callsInProcess(relay.service, RelayServiceDefinition, pipeline);
    let firstHeapBytes: number | undefined;
    await runCases({
      ...settings,
      arbitrary: requestCases(serviceMethods('cardume.relay.v1.RelayService'), known),
      call,
      callsAtOnce: 16,
      checkEvery: 5_000,
      async checkMeanwhile() {
        await until('all to be let go of', () => relay.listenerCount + relay.tunnelCount === 0);
        expect(pipeline.terminator.openCalls).toBe(0);
        firstHeapBytes ??= heapBytes();
      },
    });
    expect(heapBytes() - (firstHeapBytes ?? 0)).toBeLessThan(maxHeapGrowthBytes);
  },
  30 * 60_000,
);
