// The main script of a thread that receives. It is no TypeScript, as the command's own is not: for the first file with types
// that it has no compiled code of, Node loads what strips them, in each thread anew.
import { enableCompileCache } from 'node:module';
import { extname } from 'node:path';
import { workerData } from 'node:worker_threads';

if (workerData.compileCache !== undefined) enableCompileCache(workerData.compileCache);
await import(`./run-receive-thread${extname(workerData.parent)}`);
