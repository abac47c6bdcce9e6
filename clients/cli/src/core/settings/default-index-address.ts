/**
 * The index that is asked, and where one listens, unless a flag says otherwise. A test keeps its port that of the client;
 * importing that one here would make `--help` load gRPC.
 */
export const defaultIndexAddress = '127.0.0.1:50051';

/** What `--index` is when nobody gives it. Who gives that very address means it, and has another array of the same text. */
export const defaultIndex: readonly string[] = [defaultIndexAddress];
