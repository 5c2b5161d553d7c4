// What Docker-compatible servers answer, read as "perhaps there": PouchContainer, Podman and old Docker leave fields out or shape them differently.
import type { ContainerFact } from "../../protocol/facts.ts";
import type { ImageInfo, RuntimeDetails, RuntimeVersion } from "./types.ts";

export type Json = Record<string, unknown>;
export const object = (value: unknown): Json =>
  value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Json) : {};
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
export const text = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);
const strings = (value: unknown): string[] => list(value).filter((item): item is string => typeof item === "string");

/** RFC 3339 time, or epoch seconds or nanoseconds as a number; Docker's zero time (year 1) is null. */
export function parseInstant(value: unknown): number | null {
  if (typeof value === "number") return value <= 0 ? null : value > 1e14 ? Math.floor(value / 1e6) : value * 1_000;
  if (/^\d+$/.test(text(value))) return parseInstant(Number(value));
  const at = Date.parse(text(value));
  return Number.isFinite(at) && at > 0 ? at : null;
}

const states: Record<string, ContainerFact["state"]> = {
  created: "created",
  running: "running",
  paused: "paused",
  exited: "exited",
  dead: "exited",
  stopped: "exited",
  removing: "exited",
  restarting: "running",
  configured: "created",
  initialized: "created",
};

/** State of a container from State, or from the Status line where there is none ("Up 3 hours", "Exited (137) 2 days ago"). */
export function parseState(state: unknown, status: unknown): ContainerFact["state"] {
  const known = states[text(state).toLowerCase()];
  if (known) return known;
  const line = text(status).toLowerCase();
  const fromLine = states[line];
  if (fromLine) return fromLine;
  if (line.startsWith("up")) return line.includes("paused") ? "paused" : "running";
  if (line.startsWith("exited") || line.startsWith("stopped")) return "exited";
  return line.startsWith("created") ? "created" : "unknown";
}

/** What inspection adds to the list; `pid`, limits and times. */
export function parseInspect(raw: unknown): Partial<ContainerFact> {
  const inspect = object(raw);
  const state = object(inspect.State);
  const host = object(inspect.HostConfig);
  const quota = number(host.CpuQuota);
  const period = number(host.CpuPeriod) || number(host.CPUPeriod) || 100_000;
  const nano = number(host.NanoCpus);
  const status = text(state.Status).toLowerCase();
  const running = state.Running === true || status === "running" || status === "paused";
  const ended = !running && states[status] !== "created";
  const cpus = nano > 0 ? nano / 1e6 : quota > 0 ? (quota / period) * 1_000 : 0;
  return {
    exitCode: ended && typeof state.ExitCode === "number" ? state.ExitCode : null,
    reason: state.OOMKilled === true ? "OOMKilled" : text(state.Error) || null,
    startedAt: parseInstant(state.StartedAt),
    finishedAt: ended ? parseInstant(state.FinishedAt) : null,
    pid: running && number(state.Pid) > 0 ? number(state.Pid) : null,
    attempt: number(inspect.RestartCount),
    handler: text(host.Runtime) || null,
    cpuLimitMillis: cpus > 0 ? Math.round(cpus) : null,
    memoryLimitBytes: number(host.Memory) > 0 ? number(host.Memory) : null,
  };
}

/** Name of the engine behind an API from its answer to /version; PouchContainer and old engines tell none: then it is `fallback`. */
export function parseVersion(raw: unknown, fallback: string): RuntimeVersion {
  const version = object(raw);
  const names = list(version.Components).map((c) => text(object(c).Name).toLowerCase());
  const name = names.includes("podman engine") ? "podman" : names.includes("engine") ? "docker" : fallback;
  return {
    name,
    version: text(version.Version),
    apiVersion: text(version.ApiVersion) || text(version.APIVersion) || null,
  };
}

/** What /info tells; containerd's shims that Docker lists among the runtimes are no handlers to choose. */
export function parseInfo(raw: unknown): RuntimeDetails {
  const info = object(raw);
  const handlers = Object.keys(object(info.Runtimes)).filter((name) => !name.startsWith("io.containerd."));
  const usual = text(info.DefaultRuntime);
  if (handlers.length === 0 && usual) handlers.push(usual);
  return {
    handlers: handlers.sort(),
    rootDir: text(info.DockerRootDir) || text(info.PouchRootDir) || null,
    conditions: [],
    cni: null,
  };
}

/** Images of /images/json; Docker writes "<none>" where there is no name, others leave the list out. */
export function parseImages(runtime: string, raw: unknown): ImageInfo[] {
  const named = (value: unknown) => strings(value).filter((name) => !name.startsWith("<none>"));
  return list(raw)
    .map(object)
    .flatMap((row) => {
      const id = text(row.Id) || text(row.ID);
      if (!id) return [];
      return [
        {
          id,
          runtime,
          tags: named(row.RepoTags).sort(),
          digests: named(row.RepoDigests),
          sizeBytes: Math.max(0, number(row.Size)),
          pinned: false,
        },
      ];
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** State of a listed container without its age: as long as this stays the same, what inspection said holds. */
export const settledState = (row: Json): string =>
  `${text(row.State)}/${text(row.Status).replace(/\d+ .*$|less than.*$|about.*$/i, "")}`;

/** In its first minute a container may have been restarted since the last look without any other sign. */
export const isYoung = (row: Json): boolean => /second|about a minute/i.test(text(row.Status));

/** One row of the container list with what inspection said. */
export function parseContainer(runtime: string, raw: unknown, inspected: Partial<ContainerFact>): ContainerFact {
  const row = object(raw);
  const labels = object(row.Labels);
  const id = text(row.Id) || text(row.ID);
  const name = (strings(row.Names)[0] ?? text(row.Name)) || id.slice(0, 12);
  const podName = labels["io.kubernetes.pod.name"];
  return {
    id,
    runtime,
    name: name.replace(/^\//, ""),
    podId: text(row.Pod) || text(labels["io.kubernetes.sandbox.id"]) || null,
    podName: typeof podName === "string" ? podName : null,
    podNamespace: text(labels["io.kubernetes.pod.namespace"]) || null,
    podUid: text(labels["io.kubernetes.pod.uid"]) || null,
    image: text(row.Image),
    imageId: text(row.ImageID) || text(row.ImageId) || null,
    handler: null,
    state: parseState(row.State, row.Status),
    exitCode: null,
    reason: null,
    createdAt: parseInstant(row.Created) ?? 0,
    startedAt: null,
    finishedAt: null,
    pid: null,
    attempt: 0,
    labels: Object.fromEntries(
      Object.entries(labels)
        .filter(([key, value]) => typeof value === "string" && !key.startsWith("io.kubernetes."))
        .map(([key, value]): [string, string] => [key, String(value)])
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
    cpuLimitMillis: null,
    memoryLimitBytes: null,
    ...inspected,
  };
}
