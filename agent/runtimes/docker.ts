// The Docker-compatible API (Docker 1.24 and later, Podman, PouchContainer) over its unix socket. Old and foreign servers leave fields out or
// shape them differently, so everything is read as "perhaps there".
import type { ContainerFact } from "../../protocol/facts.ts";
import { askOk, HttpError } from "./http.ts";
import {
  deadlines,
  type ImageInfo,
  type PodFact,
  type Runtime,
  type RuntimeDetails,
  type RuntimeSpec,
  type RuntimeVersion,
  socketPath,
} from "./types.ts";

type Json = Record<string, unknown>;
const object = (value: unknown): Json => (value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Json) : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);
const strings = (value: unknown): string[] => list(value).filter((item): item is string => typeof item === "string");

/** Newest API that this file was written against; servers that speak less get their own. */
const NEWEST_API = "1.41";

const olderApi = (a: string, b: string): string => {
  const [aMajor = 0, aMinor = 0] = a.split(".").map(Number);
  const [bMajor = 0, bMinor = 0] = b.split(".").map(Number);
  return aMajor < bMajor || (aMajor === bMajor && aMinor <= bMinor) ? a : b;
};

/** RFC 3339 time, or epoch seconds or nanoseconds as a number; Docker's zero time (year 1) is null. */
export function parseInstant(value: unknown): number | null {
  if (typeof value === "number") return value <= 0 ? null : value > 1e14 ? Math.floor(value / 1e6) : value * 1_000;
  const at = Date.parse(text(value));
  return Number.isFinite(at) && at > 0 ? at : null;
}

const states: Record<string, ContainerFact["state"]> = {
  created: "created", running: "running", paused: "paused", exited: "exited", dead: "exited", stopped: "exited", removing: "exited",
  restarting: "running", configured: "created", initialized: "created",
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
  const running = state.Running === true || text(state.Status).toLowerCase() === "running";
  const cpus = nano > 0 ? nano / 1e6 : quota > 0 ? (quota / period) * 1_000 : 0;
  return {
    exitCode: running ? null : typeof state.ExitCode === "number" ? state.ExitCode : null,
    reason: state.OOMKilled === true ? "OOMKilled" : text(state.Error) || null,
    startedAt: parseInstant(state.StartedAt),
    finishedAt: running ? null : parseInstant(state.FinishedAt),
    pid: running && number(state.Pid) > 0 ? number(state.Pid) : null,
    attempt: number(inspect.RestartCount),
    handler: text(host.Runtime) || null,
    cpuLimitMillis: cpus > 0 ? Math.round(cpus) : null,
    memoryLimitBytes: number(host.Memory) > 0 ? number(host.Memory) : null,
  };
}

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

export class DockerRuntime implements Runtime {
  readonly spec: RuntimeSpec;
  readonly #target: { socketPath: string };
  #prefix: string | null = null;
  readonly #inspected = new Map<string, { state: string; details: Partial<ContainerFact> }>();

  constructor(spec: RuntimeSpec) {
    this.spec = spec;
    this.#target = { socketPath: socketPath(spec.endpoint) };
  }

  async #call(path: string, options: { method?: string; body?: unknown; deadlineMs?: number } = {}): Promise<unknown> {
    if (this.#prefix === null) await this.version();
    const answer = await askOk(this.#target, `${this.#prefix ?? ""}${path}`, { deadlineMs: deadlines.list, ...options });
    return answer.body === "" ? null : JSON.parse(answer.body);
  }

  /** Asks without a version in the path, which every server understands, and settles on the older of its API and ours. */
  async version(): Promise<RuntimeVersion> {
    const answer = await askOk(this.#target, "/version", { deadlineMs: deadlines.probe });
    const version = object(JSON.parse(answer.body));
    const api = text(version.ApiVersion) || text(version.APIVersion);
    this.#prefix = /^\d+\.\d+$/.test(api) ? `/v${olderApi(api, NEWEST_API)}` : "";
    const engine = list(version.Components).map(object).find((c) => /engine/i.test(text(c.Name)));
    const name = engine ? text(engine.Name).replace(/ engine$/i, "").toLowerCase() : this.spec.id;
    return { name, version: text(version.Version), apiVersion: api || null };
  }

  async details(): Promise<RuntimeDetails> {
    const info = object(await this.#call("/info", { deadlineMs: deadlines.probe }));
    return {
      handlers: Object.keys(object(info.Runtimes)).sort(),
      rootDir: text(info.DockerRootDir) || text(info.PouchRootDir) || null,
      conditions: [],
      cni: null,
    };
  }

  async containers(): Promise<ContainerFact[]> {
    const rows = list(await this.#call("/containers/json?all=1"));
    const facts: ContainerFact[] = [];
    const present = new Set<string>();
    for (const row of rows) {
      const id = text(object(row).Id) || text(object(row).ID);
      if (!id) continue;
      present.add(id);
      const state = `${text(object(row).State)}/${text(object(row).Status).replace(/\d+ .*$|about.*$/i, "")}`;
      let known = this.#inspected.get(id);
      if (known?.state !== state) {
        const details = await this.#inspect(id);
        if (!details) continue; // removed meanwhile
        known = { state, details };
        this.#inspected.set(id, known);
      }
      facts.push(parseContainer(this.spec.id, row, known.details));
    }
    for (const id of this.#inspected.keys()) if (!present.has(id)) this.#inspected.delete(id);
    return facts.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async #inspect(id: string): Promise<Partial<ContainerFact> | null> {
    try {
      return parseInspect(await this.#call(`/containers/${encodeURIComponent(id)}/json`));
    } catch (err) {
      if (err instanceof HttpError && err.code === "HTTP_404") return null;
      throw err;
    }
  }

  async pods(): Promise<PodFact[]> {
    return [];
  }

  async images(): Promise<ImageInfo[]> {
    const rows = list(await this.#call("/images/json"));
    return rows
      .map(object)
      .map((row) => ({
        id: text(row.Id) || text(row.ID),
        runtime: this.spec.id,
        tags: strings(row.RepoTags).filter((tag) => tag !== "<none>:<none>").sort(),
        digests: strings(row.RepoDigests),
        sizeBytes: number(row.Size),
        pinned: false,
      }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async tasks(): Promise<Set<string>> {
    return new Set();
  }

  async writableBytes(): Promise<Map<string, number>> {
    return new Map(); // /system/df walks every layer: too dear to ask regularly
  }

  async stopContainer(id: string, graceMs: number): Promise<void> {
    const path = `/containers/${encodeURIComponent(id)}/stop?t=${Math.ceil(graceMs / 1_000)}`;
    await this.#call(path, { method: "POST", deadlineMs: graceMs + deadlines.change });
    this.#inspected.delete(id);
  }

  async prepareRevival(id: string): Promise<() => Promise<string>> {
    return async () => {
      await this.#call(`/containers/${encodeURIComponent(id)}/start`, { method: "POST", deadlineMs: deadlines.change });
      this.#inspected.delete(id);
      return id;
    };
  }

  async removeContainer(id: string): Promise<void> {
    await this.#call(`/containers/${encodeURIComponent(id)}`, { method: "DELETE", deadlineMs: deadlines.change });
    this.#inspected.delete(id);
  }

  async removeImage(id: string): Promise<void> {
    await this.#call(`/images/${encodeURIComponent(id)}`, { method: "DELETE", deadlineMs: deadlines.change });
  }

  close(): void {
    this.#prefix = null; // every call has its own connection
  }
}
