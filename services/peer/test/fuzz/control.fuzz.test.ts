import type { ProcessStatus, Transfer } from '@cardume/client';
import { ControlServiceDefinition, GetTransferRequest, ListTransfersRequest } from '@cardume/proto/control/v1';
import { createCallPipeline, createLogger, serve, writePageToken } from '@cardume/service-kit';
import { expect, test } from '@jest/globals';
import { callsInProcess } from '../../../../tests/support/fuzz/call-in-process.ts';
import { fuzzSettings } from '../../../../tests/support/fuzz/fuzz-settings.ts';
import { requestCases } from '../../../../tests/support/fuzz/request-cases.ts';
import { runCases } from '../../../../tests/support/fuzz/run-cases.ts';
import { serviceMethods } from '../../../../tests/support/fuzz/service-methods.ts';
import { uploadTransfer } from '../../src/core/uploads/upload-transfer.ts';
import { Uploads } from '../../src/core/uploads/uploads.ts';
import { createControlService } from '../../src/handlers/control-service.ts';

const file = 'services/peer/test/fuzz/control.fuzz.test.ts';
/** With so many, each method is served some time. */
const enoughCases = 300;

function transfersOf(uploads: Uploads): Transfer[] {
  return uploads
    .list()
    .map((figures) => uploadTransfer(figures, { pid: 7, maxUploadBytesPerSecond: undefined, clockStartMs: 0 }));
}

test(
  'no message of the ControlService makes a process fail, or hold on to anything',
  async () => {
    const methods = serviceMethods('cardume.control.v1.ControlService');
    const settings = fuzzSettings(file, { share: 0.02 });
    const uploads = new Uploads(() => 1_000);
    for (let at = 0; at < 5; at++) {
      const caller = { address: `10.0.0.${at}:1`, host: `10.0.0.${at}`, peerId: undefined, user: undefined };
      uploads.begin({ name: 'a', digest: 'ab'.repeat(32), sizeBytes: 9 }, caller);
    }
    const status = (): ProcessStatus => ({ kind: 'get', pid: 7, startTime: new Date(1), index: '', share: undefined });
    const service = createControlService({
      source: { status, transfers: () => transfersOf(uploads) },
      measureLoad: async () => ({ processors: 0, processorCount: 1, mainThreadShare: 0 }),
    });
    const served = serve(ControlServiceDefinition, service);
    const calls = createCallPipeline({
      services: [served],
      logger: createLogger({ service: 'peer', level: 'error' }),
    });
    const call = callsInProcess(served, ControlServiceDefinition, calls);
    const tokens = ['7-u2', '7-u5', '', 'x', '9'.repeat(40)].map((id) =>
      writePageToken('list-transfers', Buffer.from(id)),
    );
    const reached = await runCases({
      ...settings,
      arbitrary: requestCases(methods, {
        plausible: { id: ['7-u1', '7-u9', 'x'.repeat(64)], page_token: tokens },
        real: {
          GetStatus: [new Uint8Array()],
          ListTransfers: ['', ...tokens].map((pageToken) =>
            ListTransfersRequest.encode(ListTransfersRequest.fromPartial({ pageSize: 2, pageToken })).finish(),
          ),
          GetTransfer: [GetTransferRequest.encode({ id: '7-u1' }).finish()],
        },
      }),
      call,
      callsAtOnce: 16,
      checkEvery: 500,
      async checkMeanwhile() {
        const request = GetTransferRequest.encode({ id: '7-u3' }).finish();
        const { status: code } = await call({ method: 'GetTransfer', messages: [request], maxAnswers: 1 });
        expect(code).toBe('OK');
        expect(calls.terminator.openCalls).toBe(0);
      },
    });
    if (settings.cases >= enoughCases) expect(reached).toEqual(new Set(methods.map(({ name }) => name)));
  },
  10 * 60_000,
);
