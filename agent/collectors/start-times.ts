// How long starts took by stage, and the runtime's calls beside what they were before. Pure: used by the collector "startup".
import type { ContainerFact, FactData } from "../../protocol/facts.ts";

type Start = FactData["startup"]["starts"][number];
type Call = FactData["runtimeMetrics"][number];
type Usual = FactData["startup"]["interfaces"][number];

const HALF_HOUR_MS = 1_800_000;
const STARTS_MAX = 50;
/** Windows that are remembered per interface: an hour of scrapes each 30 s. */
const WINDOWS_MAX = 120;
/** A longer gap between a pod and its first container was somebody's decision (a kubelet that waits for a volume or an init container), ms. */
const GAP_MAX_MS = 900_000;

/**
 * First starts of pods (or of containers without a pod), newest first.
 * @param calls of the runtime in the window of the start: what a sandbox takes there, and whether images were pulled
 */
export function startsOf(
  containers: readonly ContainerFact[],
  pods: FactData["pods"],
  calls: readonly Call[],
  now: number,
): Start[] {
  const podOf = new Map(pods.map((pod) => [pod.id, pod]));
  const first = new Map<string, ContainerFact>();
  for (const container of containers) {
    if (container.startedAt === null || container.attempt > 0 || now - container.startedAt > HALF_HOUR_MS) continue;
    const key = container.podId ?? container.id;
    const known = first.get(key);
    if (!known || container.createdAt < known.createdAt) first.set(key, container);
  }
  const typical = (name: string) =>
    calls.find((c) => c.interface.endsWith(`/${name}`) && c.total > 0)?.latencyMsP50 ?? null;
  const pulled = calls.some((c) => c.interface.endsWith("/PullImage") && c.total > 0);
  return [...first.values()]
    .sort((a, b) => (b.startedAt ?? 0) - (a.startedAt ?? 0))
    .slice(0, STARTS_MAX)
    .flatMap((container): Start[] => {
      const startedAt = container.startedAt ?? container.createdAt;
      const pod = container.podId ? podOf.get(container.podId) : undefined;
      const from = pod?.createdAt ?? container.createdAt;
      const gapMs = Math.max(0, container.createdAt - from);
      if (gapMs > GAP_MAX_MS || startedAt < from) return [];
      const runMs = typical("RunPodSandbox");
      const sandboxMs = pod ? Math.min(gapMs, runMs ?? gapMs) : null;
      return [
        {
          containerId: container.id,
          podId: container.podId,
          name: container.podName ?? container.name,
          image: container.image,
          startedAt,
          totalMs: startedAt - from,
          sandboxMs,
          // Without the runtime's figure for sandboxes the gap cannot be divided.
          pullMs: pod && runMs !== null && pulled ? Math.max(0, gapMs - runMs) : null,
          startMs: Math.max(0, startedAt - container.createdAt),
        },
      ];
    });
}

/** What was seen of one interface in earlier windows. */
export type Past = { success: number[]; latency: number[] };

/** The middle value; null of nothing. */
export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

/** Steps of 10 % so that jitter is no news. */
const roughly = (value: number): number => {
  if (value <= 0) return 0;
  const step = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return Math.round(value / step) * step;
};

/** Compares a window with the earlier ones, then adds it to them. Interfaces without calls keep their past. */
export function compareCalls(calls: readonly Call[], past: Map<string, Past>): Usual[] {
  return calls
    .filter((call) => call.total > 0 && call.successRatio !== null)
    .map((call) => {
      const key = `${call.runtime} ${call.interface}`;
      const known = past.get(key) ?? { success: [], latency: [] };
      const usualLatency = median(known.latency);
      const usual: Usual = {
        runtime: call.runtime,
        interface: call.interface,
        calls: call.total,
        successRatio: Math.round((call.successRatio ?? 1) * 100) / 100,
        latencyMs: call.latencyMsP50 === null ? null : roughly(call.latencyMsP50),
        windows: known.success.length,
        usualSuccessRatio: known.success.length === 0 ? null : Math.round((median(known.success) ?? 1) * 100) / 100,
        usualLatencyMs: usualLatency === null ? null : roughly(usualLatency),
      };
      const keep = (list: number[], value: number | null) =>
        value === null ? list : [...list, value].slice(-WINDOWS_MAX);
      past.set(key, {
        success: keep(known.success, call.successRatio),
        latency: keep(known.latency, call.latencyMsP50),
      });
      return usual;
    });
}
