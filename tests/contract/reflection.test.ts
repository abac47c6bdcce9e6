// Both versions of reflection, called directly: tools of before 2023 know only v1alpha, and grpcurl falls back to it.
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type DynamicClient, openDynamicClient } from './support/dynamic-client.ts';
import { useNetwork } from './support/use-network.ts';

const protoFolder = join(import.meta.dirname, '../../node_modules/@grpc/reflection/build/proto');

const network = useNetwork({ 'hello.txt': Buffer.from('hello\n') });
const open: DynamicClient[] = [];
afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

describe.each(['v1', 'v1alpha'])('reflection %s', (version) => {
  test.each([
    ['the index', 'index', ['cardume.index.v1.IndexService', 'cardume.relay.v1.RelayService']],
    ['a peer', 'peer', ['cardume.transfer.v1.TransferService']],
  ] as const)('of %s lists its services and describes each of them', async (_name, server, own) => {
    const client = openDynamicClient(
      `grpc/reflection/${version}/reflection.proto`,
      `grpc.reflection.${version}.ServerReflection`,
      network[server],
      protoFolder,
    );
    open.push(client);
    const [listed = {}] = await client.bidirectional('ServerReflectionInfo', [{ list_services: '' }]);
    const { service: entries } = listed.list_services_response as { service: { name: string }[] };
    const services = entries.map(({ name }) => name);
    expect(services.sort()).toEqual([
      ...own,
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
    ]);

    const questions = services.map((name) => ({ file_containing_symbol: name }));
    const answers = await client.bidirectional('ServerReflectionInfo', questions);
    expect(answers.map(({ message_response }) => message_response)).toEqual(
      services.map(() => 'file_descriptor_response'),
    );
  });
});
