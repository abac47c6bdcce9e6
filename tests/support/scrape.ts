import { type Address, formatAddress } from '@cardume/client';

/** The metrics of a service at one moment. */
export interface Scrape {
  /** The value of a series, as it is written: `cardume_requests_total{service="…",method="…",code="OK"}`. */
  get(series: string): number | undefined;
  /** All series of a name. */
  series(name: string): string[];
  /** The type of each metric by its name. */
  readonly types: ReadonlyMap<string, string>;
}

const helpLine = /^# HELP ([a-z_:][a-z0-9_:]*) \S.*$/i;
const typeLine = /^# TYPE ([a-z_:][a-z0-9_:]*) (counter|gauge|histogram|summary)$/i;
const sampleLine = /^([a-z_:][a-z0-9_:]*)(\{(?:[a-z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*\})? (\S+)$/i;

/** Asks a service for its metrics, as a Prometheus does. @throws Error when they are not in its text format */
export async function scrape(address: Address | undefined): Promise<Scrape> {
  if (address === undefined) throw new Error('it serves no metrics');
  const response = await fetch(`http://${formatAddress(address)}/metrics`);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
  const contentType = response.headers.get('content-type');
  if (contentType !== 'text/plain; version=0.0.4; charset=utf-8') throw new Error(`content type ${contentType}`);
  return parseMetrics(text);
}

/** Reads Prometheus's text format, version 0.0.4, and lets nothing else pass. */
export function parseMetrics(text: string): Scrape {
  const helped = new Set<string>();
  const types = new Map<string, string>();
  const values = new Map<string, number>();
  /** Whether a line is in the format, and says what no line before it has said. */
  const take = (line: string): boolean => {
    const [, help] = helpLine.exec(line) ?? [];
    if (help !== undefined) return helped.size < helped.add(help).size;
    const [, typed, type] = typeLine.exec(line) ?? [];
    if (typed !== undefined && type !== undefined) return helped.has(typed) && types.size < types.set(typed, type).size;
    const [, name, labels = '', value] = sampleLine.exec(line) ?? [];
    if (name === undefined || value === undefined || !isTyped(name, types)) return false;
    return isNumber(value) && values.size < values.set(name + labels, numberOf(value)).size;
  };
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  for (const line of text.split('\n').filter((each) => each !== '')) {
    if (!take(line)) throw new Error(`not Prometheus's text format, or said twice: ${line}`);
  }
  return {
    get: (series) => values.get(series),
    series: (name) => [...values.keys()].filter((series) => series.split('{')[0] === name),
    types,
  };
}

function isTyped(name: string, types: ReadonlyMap<string, string>): boolean {
  const family = types.get(name.replace(/_(bucket|sum|count)$/, ''));
  return types.has(name) || family === 'histogram' || family === 'summary';
}

function isNumber(text: string): boolean {
  return /^[+-]Inf$|^NaN$/.test(text) || Number.isFinite(Number(text));
}

function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}
