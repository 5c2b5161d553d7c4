// The agent's view of all runtimes: asks each a small question every few seconds, keeps the answers, and shares one recent inventory among the
// collectors. Runtimes are asked side by side: one that hangs delays nobody.
import type { ContainerFact, FactData } from "../../protocol/facts.ts";
import type { Probe } from "../../protocol/facts-base.ts";
import { codeOf, messageOf } from "../host/errors.ts";
import { within } from "../host/wait.ts";
import { CriRuntime } from "./cri.ts";
import { DockerRuntime } from "./docker.ts";
import {
  deadlines,
  type PodFact,
  type Runtime,
  type RuntimeDetails,
  type RuntimeSpec,
  type RuntimeVersion,
} from "./types.ts";

export type Inventory = { at: number; containers: ContainerFact[]; pods: PodFact[] };

export type Watched = {
  runtime: Runtime;
  probe: Probe;
  /** Last known, also while it does not answer. */
  version: RuntimeVersion | null;
  details: RuntimeDetails | null;
  inventory: Inventory | null;
  imageCount: number;
};

const unasked: Probe = {
  ok: false,
  latencyMs: 0,
  code: "NOT_ASKED",
  error: "not asked yet",
  failingSince: null,
  failures: 0,
};

/** Latency in steps 100, 200, 500, 1000 … so that jitter is not news. */
export function latencyStep(ms: number): number {
  for (let unit = 100; unit < 1e6; unit *= 10)
    for (const step of [unit, unit * 2, unit * 5]) if (ms <= step) return step;
  return Math.round(ms);
}

const LEFT_OUT_MS = 300_000;

/**
 * Is a runtime that was found by its socket none at all? A containerd without CRI says so; a second API of an engine (PouchContainer's CRI) may
 * have left its socket from a time when it was switched on. Only one that never answered can be none.
 */
export function isNoRuntime(watched: Watched, all: readonly Watched[]): boolean {
  if (watched.probe.ok || watched.version !== null) return false;
  const { kind, module } = watched.runtime.spec;
  if (kind !== "cri") return false;
  return (
    watched.probe.code === "UNIMPLEMENTED" ||
    all.some((w) => w.runtime.spec.kind === "docker" && w.runtime.spec.module === module)
  );
}

/** Counts failures stop here, so that a long outage sends nothing new. */
const FAILURES_MAX = 20;

/** The next probe state from the last one and what was seen. */
export function nextProbe(
  before: Probe,
  now: number,
  outcome: { latencyMs: number; error: { code: string; message: string } | null },
): Probe {
  if (outcome.error === null) {
    return {
      ok: true,
      latencyMs: latencyStep(outcome.latencyMs),
      code: null,
      error: null,
      failingSince: null,
      failures: 0,
    };
  }
  return {
    ok: false,
    latencyMs: latencyStep(outcome.latencyMs),
    code: outcome.error.code,
    error: outcome.error.message,
    failingSince: before.failingSince ?? now,
    failures: Math.min(before.failures + 1, FAILURES_MAX),
  };
}

export class RuntimeWatch {
  readonly #watched = new Map<string, Watched>();
  readonly #leftOut = new Map<string, number>();
  readonly #pending = new Map<string, Promise<Inventory>>();
  readonly #make: (spec: RuntimeSpec) => Runtime;

  constructor(
    make: (spec: RuntimeSpec) => Runtime = (spec) =>
      spec.kind === "cri" ? new CriRuntime(spec) : new DockerRuntime(spec),
  ) {
    this.#make = make;
  }

  /** Takes over the list of runtimes; unchanged ones keep their state. */
  use(found: readonly RuntimeSpec[]): void {
    const specs = found.filter((spec) => (this.#leftOut.get(spec.endpoint) ?? 0) < performance.now());
    const wanted = new Map(specs.map((spec) => [spec.id, spec]));
    for (const [id, { runtime }] of this.#watched) {
      const spec = wanted.get(id);
      if (spec && JSON.stringify(spec) === JSON.stringify(runtime.spec)) continue;
      runtime.close();
      this.#watched.delete(id);
    }
    for (const spec of specs) {
      if (this.#watched.has(spec.id)) continue;
      this.#watched.set(spec.id, {
        runtime: this.#make(spec),
        probe: unasked,
        version: null,
        details: null,
        inventory: null,
        imageCount: 0,
      });
    }
  }

  /** Leaves a runtime out for some minutes: nothing of that kind is served at its socket. */
  leaveOut({ runtime }: Watched): void {
    this.#leftOut.set(runtime.spec.endpoint, performance.now() + LEFT_OUT_MS);
    this.#watched.delete(runtime.spec.id);
    runtime.close();
  }

  all(): Watched[] {
    return [...this.#watched.values()];
  }

  get(id: string): Watched | null {
    return this.#watched.get(id) ?? null;
  }

  /** Asks one runtime its version and state. Never throws; the outcome is in `probe`. */
  async probe(watched: Watched): Promise<void> {
    const began = performance.now();
    let error: { code: string; message: string } | null = null;
    try {
      watched.version = await within("version", deadlines.probe + 500, watched.runtime.version());
      watched.details = await within("details", deadlines.probe + 500, watched.runtime.details());
    } catch (err) {
      error = { code: codeOf(err) ?? "DEADLINE_EXCEEDED", message: messageOf(err) };
    }
    watched.probe = nextProbe(watched.probe, Date.now(), { latencyMs: performance.now() - began, error });
  }

  /** Containers and pods of a runtime, at most `maxAgeMs` old; askers at the same time share one question. @throws when it does not answer */
  inventory(watched: Watched, maxAgeMs: number): Promise<Inventory> {
    const id = watched.runtime.spec.id;
    if (watched.inventory && Date.now() - watched.inventory.at <= maxAgeMs) return Promise.resolve(watched.inventory);
    const pending = this.#pending.get(id);
    if (pending) return pending;
    // A hung runtime is not asked for lists at all: the probe says when it is back.
    if (!watched.probe.ok && watched.probe.failures > 0)
      return Promise.reject(new Error(`${id} does not answer: ${watched.probe.code}`));
    const at = Date.now();
    const question = Promise.all([watched.runtime.containers(), watched.runtime.pods()])
      .then(([containers, pods]) => {
        watched.inventory = { at, containers, pods };
        return watched.inventory;
      })
      .finally(() => this.#pending.delete(id));
    this.#pending.set(id, question);
    return question;
  }

  /** Drops the shared answers, so that the next look is a fresh one. */
  forget(): void {
    for (const watched of this.#watched.values())
      if (watched.inventory) watched.inventory = { ...watched.inventory, at: 0 };
  }

  close(): void {
    for (const { runtime } of this.#watched.values()) runtime.close();
    this.#watched.clear();
  }
}

/** The runtimes fact from what is known. */
export function runtimeFacts(all: readonly Watched[]): FactData["runtimes"] {
  return all
    .map(({ runtime, probe, version, details, inventory, imageCount }) => {
      const containers = inventory?.containers ?? [];
      return {
        id: runtime.spec.id,
        kind: runtime.spec.kind,
        name: version?.name ?? runtime.spec.id,
        version: version?.version ?? null,
        apiVersion: version?.apiVersion ?? null,
        endpoint: runtime.spec.endpoint,
        module: runtime.spec.module,
        rootDir: details?.rootDir ?? null,
        handlers: details?.handlers ?? [],
        conditions: details?.conditions ?? [],
        probe,
        podCount: inventory?.pods.length ?? 0,
        runningCount: containers.filter((c) => c.state === "running").length,
        exitedCount: containers.filter((c) => c.state === "exited").length,
        imageCount,
      };
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}
