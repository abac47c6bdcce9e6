import type { PlannerCost } from './planner-cost.ts';
import { fileSizeBytes } from './scenario.ts';
import type { SwarmResult } from './swarm.ts';

/** A simulation's result as one flat object: what the seed decides, then what was measured on this machine. */
export function resultObject(result: SwarmResult) {
  const { scenario, boundMs, lastMs, medianMs, finished, expected, wastedPart, refusals, events, planning } = result;
  const simulated = {
    scenario: scenario.name,
    peers: scenario.peers,
    seed: scenario.seed,
    sizeBytes: fileSizeBytes(scenario),
    boundMs,
    lastOverBound: lastMs / boundMs,
    medianOverBound: medianMs / boundMs,
    finished,
    expected,
    wastedPart,
    refusals,
    events,
    plannings: planning.count,
  };
  return {
    simulated,
    measured: {
      nextMedianUs: planning.quantile(0.5) * 1_000,
      nextP99Us: planning.quantile(0.99) * 1_000,
      bytesPerPeer: result.bytesPerPeer,
      seconds: result.seconds,
    },
  };
}

/** The simulations of a scenario as lines of Markdown. */
export function reportScenario(results: readonly SwarmResult[]): string[] {
  const header = [
    ...['peers', 'bound, s', 'last / bound', 'median / bound', 'finished', 'fetched in vain, %'],
    ...['`next`, median, µs', '99 %, µs', 'memory for a peer, KiB', 'took, s'],
  ];
  const rows = results.map((result) => {
    const { simulated, measured } = resultObject(result);
    return [
      number(simulated.peers, 0),
      number(simulated.boundMs / 1_000, 1),
      number(simulated.lastOverBound, 3),
      number(simulated.medianOverBound, 3),
      `${number(simulated.finished, 0)} of ${number(simulated.expected, 0)}`,
      number(simulated.wastedPart * 100, 2),
      number(measured.nextMedianUs, 1),
      number(measured.nextP99Us, 1),
      number(measured.bytesPerPeer / 1_024, 0),
      number(measured.seconds, 0),
    ];
  });
  return [`### ${results[0]?.scenario.title ?? ''}`, '', ...table([header, ...rows]), ''];
}

/** The costs of planners as lines of Markdown. */
export function reportCosts(costs: readonly PlannerCost[]): string[] {
  const header = ['sources of one planner', 'pieces', '`next`, median, µs', '99 %, µs', 'memory, KiB'];
  const rows = costs.map(({ sources, pieces, planning, bytes }) => [
    number(sources, 0),
    number(pieces, 0),
    number(planning.quantile(0.5) * 1_000, 1),
    number(planning.quantile(0.99) * 1_000, 1),
    number(bytes / 1_024, 0),
  ]);
  return ['### The planner alone', '', ...table([header, ...rows]), ''];
}

function table([header = [], ...rows]: string[][]): string[] {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

function number(value: number, digits: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
