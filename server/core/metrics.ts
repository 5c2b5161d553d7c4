// Prometheus metrics of our own processes: total, success and duration for every interface, in one triple.
import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";

export const registry = new Registry();

const labelNames = ["kind", "interface"] as const;
const total = new Counter({
  name: "nodeops_requests_total",
  help: "Calls of an interface",
  labelNames,
  registers: [registry],
});
const success = new Counter({
  name: "nodeops_requests_success_total",
  help: "Calls that succeeded",
  labelNames,
  registers: [registry],
});
const duration = new Histogram({
  name: "nodeops_request_duration_seconds",
  help: "Duration of calls",
  labelNames,
  buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  registers: [registry],
});

/** Node's own metrics (heap, event-loop lag); call once a process. */
export function collectProcessMetrics(process: string): void {
  registry.setDefaultLabels({ process });
  collectDefaultMetrics({ register: registry, prefix: "nodeops_" });
}

/** Counts and times one call; the error goes on to the caller. `kind`: verb, job, frame, http. */
export async function timed<T>(kind: string, name: string, run: () => Promise<T>): Promise<T> {
  const labels = { kind, interface: name };
  total.inc(labels);
  const end = duration.startTimer(labels);
  try {
    const result = await run();
    success.inc(labels);
    return result;
  } finally {
    end();
  }
}

/** Counts calls that succeeded, where taking the time of each would cost more than the call. */
export function counted(kind: string, name: string, count: number): void {
  const labels = { kind, interface: name };
  total.inc(labels, count);
  success.inc(labels, count);
}
