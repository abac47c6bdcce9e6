#!/usr/bin/env node
// This and compile-cache.js are no TypeScript: for the first file with types Node loads what strips them, which takes
// 35 ms, as long as Node itself; of all later ones the compiled code of earlier runs is at hand.
import { keepCompiledCode } from './adapters/compile-cache.js';

keepCompiledCode(process.env);
const { runCommandLine } = await import('./run-command-line.ts');
await runCommandLine(process);
