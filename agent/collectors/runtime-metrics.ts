// Fact "runtimeMetrics": the runtime's own Prometheus counters, reduced to success and latency per interface over the time since the last scrape.

import { forEachSample } from "../../parsers/promtext-stream.ts";
import type { FactData } from "../../protocol/facts.ts";
import { ask } from "../runtimes/http.ts";
import { socketPath } from "../runtimes/types.ts";
import { defineCollector } from "./define.ts";

type Row = FactData["runtimeMetrics"][number];

const wanted = new Set([
  "grpc_server_handled_total",
  "grpc_server_started_total",
  "grpc_server_handling_seconds_bucket",
  // PouchContainer's daemon, per kind of thing and action; failures are those that are not among the successes.
  "engine_daemon_container_actions_counter_total",
  "engine_daemon_container_success_actions_counter_total",
  "engine_daemon_container_actions_seconds_bucket",
  "engine_daemon_image_actions_counter_total",
  "engine_daemon_image_success_actions_counter_total",
  "engine_daemon_image_actions_seconds_bucket",
]);

/** Interface that a sample is about, e.g. "RuntimeService/RunPodSandbox" or "container/create". */
function interfaceOf(name: string, labels: Readonly<Record<string, string>>): string | null {
  const thing = /^engine_daemon_(container|image)_/.exec(name)?.[1];
  if (thing) return labels.action ? `${thing}/${labels.action}` : null;
  const service = labels.grpc_service?.split(".").at(-1);
  return service && labels.grpc_method ? `${service}/${labels.grpc_method}` : null;
}

export type Counters = {
  started: number;
  handled: number;
  ok: number /** Upper bound in seconds → cumulative count. */;
  buckets: Map<number, number>;
};
export type Scrape = { at: number; interfaces: Map<string, Counters> };

/** Codes that are the caller's doing or a plain answer ("no such container"): they do not speak against the runtime. */
const fine = new Set(["OK", "NotFound", "AlreadyExists", "Canceled", "InvalidArgument"]);

/** Reads the counters out of an exposition, keyed "Service/Method". */
export function parseScrape(text: string, at: number): Scrape {
  const interfaces = new Map<string, Counters>();
  forEachSample(text, wanted, ({ name, labels, value }) => {
    const key = interfaceOf(name, labels);
    if (key === null) return;
    let row = interfaces.get(key);
    if (!row) {
      row = { started: 0, handled: 0, ok: 0, buckets: new Map() };
      interfaces.set(key, row);
    }
    if (name === "grpc_server_started_total") row.started += value;
    else if (name === "grpc_server_handled_total") {
      row.handled += value;
      if (fine.has(labels.grpc_code ?? "")) row.ok += value;
    } else if (name.endsWith("_success_actions_counter_total")) row.ok += value;
    else if (name.endsWith("_actions_counter_total")) {
      row.started += value; // counted when they end: none is seen in flight
      row.handled += value;
    } else {
      const bound = labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels.le);
      row.buckets.set(bound, (row.buckets.get(bound) ?? 0) + value);
    }
  });
  return { at, interfaces };
}

/** Quantile of a histogram's growth, in ms: the value within its bucket by even spread, as Prometheus does; null when nothing was counted. */
export function quantile(q: number, growth: ReadonlyMap<number, number>): number | null {
  const bounds = [...growth].sort((a, b) => a[0] - b[0]);
  const total = bounds.at(-1)?.[1] ?? 0;
  if (total <= 0) return null;
  let lower = 0;
  let below = 0;
  for (const [bound, count] of bounds) {
    if (count >= q * total) {
      // Beyond the last finite bound nothing finer is known.
      if (bound === Number.POSITIVE_INFINITY) return lower * 1_000;
      return Math.round((lower + ((bound - lower) * (q * total - below)) / (count - below)) * 1_000);
    }
    lower = bound;
    below = count;
  }
  return lower * 1_000;
}

/** What happened between two scrapes; interfaces without calls are left out. A counter that went back means a restart: then the later scrape is the growth. */
export function reduceScrapes(runtime: string, before: Scrape, after: Scrape): Row[] {
  const rows: Row[] = [];
  for (const [name, now] of after.interfaces) {
    const known = before.interfaces.get(name);
    const then =
      known && known.handled <= now.handled
        ? known
        : { started: 0, handled: 0, ok: 0, buckets: new Map<number, number>() };
    const total = now.handled - then.handled;
    const inFlight = Math.max(0, now.started - now.handled);
    if (total === 0 && inFlight === 0) continue;
    const growth = new Map([...now.buckets].map(([bound, count]) => [bound, count - (then.buckets.get(bound) ?? 0)]));
    const success = now.ok - then.ok;
    rows.push({
      runtime,
      interface: name,
      windowMs: after.at - before.at,
      total,
      success,
      successRatio: total > 0 ? success / total : null,
      latencyMsP50: quantile(0.5, growth),
      latencyMsP99: quantile(0.99, growth),
      inFlight,
    });
  }
  return rows.sort((a, b) => (a.interface < b.interface ? -1 : 1));
}

const last = new Map<string, Scrape>();

export const runtimeMetrics = defineCollector({
  kind: "runtimeMetrics",
  everyMs: 30_000,
  timeoutMs: 8_000,
  read: async ({ runtimes }) => {
    const rows: Row[] = [];
    for (const { runtime, probe, version } of runtimes.all()) {
      const { id, kind, metricsUrl, endpoint } = runtime.spec;
      // PouchContainer serves its page on the socket of its API.
      const hasOwnPage = kind === "docker" && version?.name === "pouch";
      if ((!metricsUrl && !hasOwnPage) || !probe.ok) continue;
      const url = new URL(metricsUrl ?? "http://localhost/metrics");
      const target = metricsUrl
        ? { host: url.hostname, port: Number(url.port || 80) }
        : { socketPath: socketPath(endpoint) };
      const answer = await ask(target, `${url.pathname}${url.search}`, { deadlineMs: 5_000 });
      if (answer.status === 404 && !metricsUrl) continue; // a build without the page
      if (answer.status !== 200) throw new Error(`${url.pathname} of ${id}: HTTP ${answer.status}`);
      const { body } = answer;
      const scrape = parseScrape(body, Date.now());
      const before = last.get(id);
      last.set(id, scrape);
      if (before) rows.push(...reduceScrapes(id, before, scrape));
    }
    return rows;
  },
});
