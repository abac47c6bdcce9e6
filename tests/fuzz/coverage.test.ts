import { ControlServiceDefinition } from '@cardume/proto/control/v1';
import { IndexServiceDefinition } from '@cardume/proto/index/v1';
import { RelayServiceDefinition } from '@cardume/proto/relay/v1';
import { TransferServiceDefinition } from '@cardume/proto/transfer/v1';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { requestCases } from '../support/fuzz/request-cases.ts';
import { ownServices, serviceMethods } from '../support/fuzz/service-methods.ts';
import { bytesField, numberField, splitFields } from '../support/fuzz/wire.ts';

test('every service of ours is fuzzed: services/index/test/fuzz, services/kit/test/fuzz, services/peer/test/fuzz', () => {
  expect(ownServices().sort()).toEqual([
    'cardume.control.v1.ControlService',
    'cardume.index.v1.IndexService',
    'cardume.relay.v1.RelayService',
    'cardume.transfer.v1.TransferService',
    'cardume.trust.v1.EnrollmentService',
    'cardume.trust.v1.UserService',
  ]);
});

describe.each([IndexServiceDefinition, RelayServiceDefinition, TransferServiceDefinition, ControlServiceDefinition])(
  '$fullName',
  ({ fullName, methods }) => {
    const described = serviceMethods(fullName);
    const real = Object.fromEntries(described.map(({ name }) => [name, [Buffer.from('0a0161', 'hex')]]));

    test('has the methods that its descriptors have', () => {
      const generated = Object.values(methods).map(({ name }) => name);
      expect(described.map(({ name }) => name).sort()).toEqual(generated.sort());
    });

    test('is not fuzzed when a method has no requests of real use: a new one is not forgotten', () => {
      for (const { name } of described) {
        const known = { plausible: {}, real: { ...real, [name]: [] } };
        expect(() => requestCases(described, known)).toThrow(`${name} is not fuzzed`);
      }
    });

    test('is tried by every method and strategy, and by the same calls with the same seed', () => {
      const sample = () => fc.sample(requestCases(described, { plausible: {}, real }), { seed: 7, numRuns: 2_000 });
      const cases = sample();
      const kinds = new Set(cases.map(({ method, strategy }) => `${method}, ${strategy}`));
      expect(kinds.size).toBe(described.length * 6);
      expect(cases).toEqual(sample());
    });
  },
);

test('a message is split into its fields, and what is cut off is the last one', () => {
  const fields = [
    numberField(1, -1),
    bytesField(2, Buffer.alloc(200, 'x')),
    numberField(3, 7),
    bytesField(4, Buffer.of()),
  ];
  expect(splitFields(Buffer.concat(fields)).map((field) => Buffer.from(field))).toEqual(fields);
  const cut = Buffer.concat(fields).subarray(0, 100);
  expect(Buffer.concat(splitFields(cut)).equals(cut)).toBe(true);
});
