/**
 * The index that is asked, and where one listens, unless a flag says otherwise. A test keeps its port that of the client;
 * importing that one here would make `--help` load gRPC.
 */
export const defaultIndexAddress = '127.0.0.1:50051';
