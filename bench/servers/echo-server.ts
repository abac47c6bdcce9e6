// A gRPC server whose one method returns the bytes that it gets: the least that a unary call can cost.
import { Server, ServerCredentials, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { echoService } from '../support/echo-service.ts';

const implementation: UntypedServiceImplementation = {
  echo: (call: { request: Buffer }, done: (error: null, response: Buffer) => void) => done(null, call.request),
};
const server = new Server();
server.addService(echoService, implementation);
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  console.log(JSON.stringify({ type: 'listening', address: `127.0.0.1:${port}` }));
});
process.once('SIGTERM', () => process.exit());
