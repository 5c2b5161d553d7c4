// The Docker-compatible API (Docker 1.24 and later, Podman, PouchContainer) over its unix socket; docker-parse.ts reads the answers.
import { existsSync } from "node:fs";
import type { ContainerFact } from "../../protocol/facts.ts";
import { Refusal } from "../host/errors.ts";
import {
  isYoung,
  list,
  object,
  parseContainer,
  parseImages,
  parseInfo,
  parseInspect,
  parseVersion,
  settledState,
  text,
} from "./docker-parse.ts";
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

/** Newest API that this file was written against; servers that speak less get their own. */
const NEWEST_API = "1.41";

const isApi = (api: string): boolean => /^\d+\.\d+$/.test(api);
const compareApi = (a: string, b: string): number => {
  const [aMajor = 0, aMinor = 0] = a.split(".").map(Number);
  const [bMajor = 0, bMinor = 0] = b.split(".").map(Number);
  return aMajor - bMajor || aMinor - bMinor;
};

/** The API to speak with a server of version `api` that takes none below `minimum`; "" where it names no version. */
export function apiFor(api: string, minimum: string): string {
  if (!isApi(api)) return "";
  const ours = compareApi(api, NEWEST_API) < 0 ? api : NEWEST_API;
  return isApi(minimum) && compareApi(ours, minimum) < 0 ? minimum : ours;
}

/** How long an answer to /info is good, ms. */
const DETAILS_MS = 60_000;

/** Without a tag the engine would fetch every one that there is. */
const withTag = (image: string): string =>
  /[@:]/.test(image.slice(image.lastIndexOf("/"))) ? image : `${image}:latest`;
/** What an engine tells of one pull, bytes: a line for every tenth of a second and layer. */
const PULL_BYTES_MAX = 64 * 1024 * 1024;

const isGone = (pid: number | null | undefined): boolean => typeof pid === "number" && !existsSync(`/proc/${pid}`);

export class DockerRuntime implements Runtime {
  readonly spec: RuntimeSpec;
  readonly #target: { socketPath: string };
  #prefix: string | null = null;
  /** A call with the prefix has succeeded: a later 404 is about what was asked for. */
  #prefixWorks = false;
  #details: { at: number; value: RuntimeDetails } | null = null;
  readonly #inspected = new Map<string, { state: string; details: Partial<ContainerFact> }>();

  constructor(spec: RuntimeSpec) {
    this.spec = spec;
    this.#target = { socketPath: socketPath(spec.endpoint) };
  }

  async #call(path: string, options: { method?: string; body?: unknown; deadlineMs?: number } = {}): Promise<unknown> {
    if (this.#prefix === null) await this.version();
    const prefix = this.#prefix ?? "";
    try {
      const answer = await askOk(this.#target, `${prefix}${path}`, { deadlineMs: deadlines.list, ...options });
      this.#prefixWorks = true;
      return answer.body.trim() === "" ? null : JSON.parse(answer.body);
    } catch (err) {
      // A server without versions in its paths; that of an unknown container is another 404.
      if (
        prefix === "" ||
        this.#prefixWorks ||
        !(err instanceof HttpError) ||
        err.code !== "HTTP_404" ||
        !/page not found/i.test(err.message)
      )
        throw err;
      this.#prefix = "";
      return this.#call(path, options);
    }
  }

  /** Asks without a version in the path, which every server understands, and settles on the older of its API and ours. */
  async version(): Promise<RuntimeVersion> {
    const answer = await askOk(this.#target, "/version", { deadlineMs: deadlines.probe });
    const raw = object(JSON.parse(answer.body));
    const version = parseVersion(raw, this.spec.id);
    const api = apiFor(version.apiVersion ?? "", text(raw.MinAPIVersion));
    this.#prefix = api ? `/v${api}` : "";
    return version;
  }

  /** Asked once a minute: /info counts images and containers, which takes long on a busy engine and must not look like silence. */
  async details(): Promise<RuntimeDetails> {
    if (this.#details && performance.now() - this.#details.at < DETAILS_MS) return this.#details.value;
    try {
      const value = parseInfo(await this.#call("/info", { deadlineMs: deadlines.probe }));
      this.#details = { at: performance.now(), value };
      return value;
    } catch (err) {
      if (this.#details) return this.#details.value;
      if (err instanceof HttpError && err.code === "HTTP_404") return parseInfo(null);
      throw err;
    }
  }

  async containers(): Promise<ContainerFact[]> {
    const rows = list(await this.#call("/containers/json?all=1"));
    const facts: ContainerFact[] = [];
    const present = new Set<string>();
    for (const row of rows) {
      const id = text(object(row).Id) || text(object(row).ID);
      if (!id) continue;
      present.add(id);
      const state = settledState(object(row));
      let known = this.#inspected.get(id);
      if (known?.state !== state || isYoung(object(row)) || isGone(known.details.pid)) {
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
    return parseImages(this.spec.id, await this.#call("/images/json"));
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
    const inspect = object(await this.#call(`/containers/${encodeURIComponent(id)}/json`));
    if (object(inspect.HostConfig).AutoRemove === true)
      throw new Refusal("goes-when-stopped", "the container is removed when it is stopped (--rm)");
    return async () => {
      await this.#call(`/containers/${encodeURIComponent(id)}/start`, { method: "POST", deadlineMs: deadlines.change });
      this.#inspected.delete(id);
      return id;
    };
  }

  async restartContainer(id: string, graceMs: number): Promise<string> {
    const path = `/containers/${encodeURIComponent(id)}/restart?t=${Math.max(1, Math.ceil(graceMs / 1_000))}`;
    await this.#call(path, { method: "POST", deadlineMs: graceMs + deadlines.change });
    this.#inspected.delete(id);
    return id;
  }

  async removeContainer(id: string): Promise<void> {
    await this.#call(`/containers/${encodeURIComponent(id)}`, { method: "DELETE", deadlineMs: deadlines.change });
    this.#inspected.delete(id);
  }

  async removePod(): Promise<void> {
    throw new Refusal("no-pods", `${this.spec.id} knows no pods`);
  }

  async podNamespaces(): Promise<Set<string>> {
    return new Set(); // an engine keeps its namespaces in a folder of its own
  }

  async logPath(id: string): Promise<string | null> {
    return text(object(await this.#call(`/containers/${encodeURIComponent(id)}/json`)).LogPath) || null;
  }

  /** Without force, so that the engine itself refuses what is in use. An image with several names is only removed name by name. */
  async removeImage(id: string): Promise<void> {
    const remove = (name: string) =>
      this.#call(`/images/${encodeURIComponent(name)}`, { method: "DELETE", deadlineMs: deadlines.change });
    try {
      await remove(id);
    } catch (err) {
      const image =
        err instanceof HttpError && err.code === "HTTP_409"
          ? (await this.images()).find((i) => i.id === id)
          : undefined;
      if (!image || image.tags.length + image.digests.length < 2) throw err;
      for (const name of [...image.tags, ...image.digests]) {
        await remove(name).catch((failure: unknown) => {
          if (!(failure instanceof HttpError && failure.code === "HTTP_404")) throw failure; // a digest goes with its last tag
        });
      }
    }
  }

  /** Lines of JSON tell how far it is; a failure stands in one of them, under a 200. */
  async pullImage(image: string, deadlineMs: number, signal?: AbortSignal): Promise<void> {
    if (this.#prefix === null) await this.version();
    const path = `${this.#prefix ?? ""}/images/create?fromImage=${encodeURIComponent(withTag(image))}`;
    const { body } = await askOk(this.#target, path, { method: "POST", deadlineMs, maxBytes: PULL_BYTES_MAX, signal });
    const error = body.split("\n").findLast((line) => /"error"\s*:/.test(line));
    if (error !== undefined) throw new HttpError("PULL_FAILED", error.trim().slice(0, 500));
  }

  close(): void {
    this.#prefix = null; // every call has its own connection
  }
}
