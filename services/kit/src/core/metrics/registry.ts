/** What a metric is called and means. */
export interface MetricInit<Label extends string = never> {
  /** In snake case, with its unit: `cardume_peer_bytes_served_total`. */
  name: string;
  help: string;
  /** Who uses the metric gives each of them only values that it knows beforehand: each value is a series for ever. */
  labels?: readonly Label[];
}

/** Values of all labels of a metric; none where it has none. */
export type LabelValues<Label extends string> = Readonly<Record<Label, string>>;

/** A number that only grows. */
export interface Counter<Label extends string = never> {
  /** Adds to it; adding 0 makes a series known before anything happened. */
  add(count: number, labels: LabelValues<Label>): void;
}

/** A number that goes up and down. */
export interface Gauge<Label extends string = never> {
  set(value: number, labels: LabelValues<Label>): void;
}

/** How many values fell below each of some bounds. */
export interface Histogram<Label extends string = never> {
  observe(value: number, labels: LabelValues<Label>): void;
}

/** Makes the metrics of a service; Prometheus's client is behind it. Two of one name are an error. */
export interface MetricsRegistry {
  counter<Label extends string = never>(init: MetricInit<Label>): Counter<Label>;
  gauge<Label extends string = never>(init: MetricInit<Label>): Gauge<Label>;
  /** `bounds`: ascending. */
  histogram<Label extends string = never>(init: MetricInit<Label> & { bounds: readonly number[] }): Histogram<Label>;
  /** Calls `read` whenever somebody asks for the metrics, before they are told: to set what is not worth keeping. */
  beforeEach(read: () => void | Promise<void>): void;
}
