// What both dialects of the exposition format are read into. Types only; see promtext.ts for the reader.

/** Metric types after normalisation: the classic "untyped" is "unknown", "gauge_histogram" is "gaugehistogram". */
export type MetricType =
  | "counter"
  | "gauge"
  | "histogram"
  | "gaugehistogram"
  | "summary"
  | "info"
  | "stateset"
  | "unknown";

/** A pointer from a sample to outside data, such as a trace id (OpenMetrics only). Timestamp in seconds since the epoch. */
export interface Exemplar {
  labels: Record<string, string>;
  value: number;
  timestampSeconds: number | null;
}

/**
 * One sample line. `family` and `type` come from the metadata directly above its group; a line that stands apart from its group has its
 * own name as family and type "unknown", since both formats demand one group per family. Counters carry OpenMetrics names in both
 * dialects: family "x", sample "x_total". The timestamp is in seconds since the epoch in both dialects. `labels` has no prototype.
 */
export interface Sample {
  family: string;
  type: MetricType;
  name: string;
  labels: Record<string, string>;
  value: number;
  timestampSeconds: number | null;
  exemplar: Exemplar | null;
}

/** What HELP, TYPE and UNIT lines said of a family. */
export interface FamilyMetadata {
  name: string;
  type: MetricType;
  help: string;
  unit: string;
}

/** What a document holds; families in order of appearance. */
export interface Exposition {
  samples: Sample[];
  families: FamilyMetadata[];
}
