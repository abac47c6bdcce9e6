import { formatAddress } from '@cardume/client';
import { type RunningRelay, startRelay } from '@cardume/index/relay';
import { untilAborted } from '../adapters/until-aborted.ts';
import { exitCode } from '../core/exit-code.ts';
import { indexFileWaitMs } from '../core/limits.ts';
import { defaultRelayPort } from '../core/settings/default-relay-port.ts';
import type { LogFlags } from '../core/settings/log-flags.ts';
import { jsonLine } from '../core/text/json-line.ts';
import type { Context } from './context.ts';
import { type ReachFlags, reachIndex } from './reach-index.ts';

/** The flags of `cardume relay`. */
export interface RunRelayFlags extends LogFlags, ReachFlags {
  listen?: string;
  /** In bytes per second. */
  limit?: number;
  maxConnections?: number;
  connectionsPerSecond?: number | false;
  metrics?: string;
  audit?: string;
  insecure?: boolean;
  json?: boolean;
}

/** Runs a relay until the command is interrupted: a server that is asked to stop has done its job. */
export async function runRelay(flags: RunRelayFlags, context: Context): Promise<number> {
  const { interruption } = context;
  const { insecure, limit, maxConnections, connectionsPerSecond, metrics, audit, logLevel, logFormat } = flags;
  const reached = await reachIndex(flags, context, { fileWaitMs: indexFileWaitMs });
  const { network, isHere, addresses } = reached;
  // Others are to reach it in a network with certificates, unless its index is of this machine alone.
  const host = network === undefined || isHere ? '127.0.0.1' : '0.0.0.0';
  const relay = await startRelay({
    listen: flags.listen ?? `${host}:${defaultRelayPort}`,
    ...(insecure === undefined ? {} : { insecure }),
    network,
    index: addresses.map(formatAddress).join(','),
    bytesPerSecondPerUser: limit,
    maxTunnels: maxConnections,
    connectionsPerSecond,
    metrics,
    audit,
    logLevel,
    logFormat,
  });
  try {
    tellListening(relay, flags, context);
    await untilAborted(interruption.signal);
  } finally {
    await relay.stop();
    reached.close();
  }
  return interruption.readerLeft ? exitCode.failed : exitCode.done;
}

function tellListening(relay: RunningRelay, { json = false }: RunRelayFlags, { terminal }: Context): void {
  const address = formatAddress(relay.address);
  const metricsAddress = relay.metricsAddress === undefined ? undefined : formatAddress(relay.metricsAddress);
  if (json) terminal.print(jsonLine({ type: 'listening', address, metricsAddress }));
  else if (terminal.interactive) {
    terminal.note(`The relay listens on ${terminal.style('note', 'bold', address)}; Ctrl-C stops it.`);
    terminal.note('Tell the index where others reach it: cardume index --relay HOST:PORT');
  }
}
