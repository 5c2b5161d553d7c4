// The generator processes as seen by the bench: started, told what to do, asked for what they counted.
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { FromGenerator, GeneratorSettings, Mark, Tally, ToGenerator } from "./messages.ts";
import { merge } from "./spread.ts";

/** Agents of one process at most: it may have some 20,000 files open, and needs some itself. */
const AGENTS_MAX = 18_000;

type Answer<Type extends FromGenerator["type"]> = Extract<FromGenerator, { type: Type }>;

class Generator {
  readonly #child: ChildProcess;
  constructor() {
    const argv = { execArgv: ["--disable-warning=ExperimentalWarning", "--max-old-space-size=8192"] };
    this.#child = fork(join(import.meta.dirname, "generator.ts"), [], argv);
    this.#child.setMaxListeners(20);
  }
  get pid(): number {
    return this.#child.pid ?? 0;
  }
  onProgress(told: (progress: Answer<"progress">) => void): void {
    this.#child.on("message", (message: FromGenerator) => {
      if (message.type === "progress") told(message);
    });
  }
  /** Says it and waits for its answer. @throws Error when it fails or ends instead */
  ask<Type extends FromGenerator["type"]>(
    message: ToGenerator,
    type: Type,
    signal: AbortSignal,
  ): Promise<Answer<Type>> {
    return new Promise((resolve, reject) => {
      const onMessage = (got: FromGenerator) => {
        if (got.type === "failed") done(() => reject(new Error(`generator: ${got.message}`)));
        if (got.type === type) done(() => resolve(got as Answer<Type>)); // its type was compared
      };
      const onExit = () => done(() => reject(new Error("a generator process ended")));
      const onAbort = () => done(() => reject(signal.reason));
      const done = (act: () => void) => {
        this.#child.off("message", onMessage).off("exit", onExit);
        signal.removeEventListener("abort", onAbort);
        act();
      };
      this.#child.on("message", onMessage).once("exit", onExit);
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) return onAbort();
      this.tell(message);
    });
  }
  tell(message: ToGenerator): void {
    this.#child.send(message);
  }
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => this.#child.once("exit", () => resolve()));
    this.tell({ type: "stop" });
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 30_000);
    await gone;
    clearTimeout(timer);
  }
}

export type Shares = Omit<GeneratorSettings, "first" | "count" | "localAddress" | "byToken">;

/** Splits a number into parts that differ by one at most. */
export const split = (whole: number, into: number): number[] =>
  Array.from({ length: into }, (_, i) => Math.floor(((i + 1) * whole) / into) - Math.floor((i * whole) / into));

/** The whole fleet, over as many processes as it takes. */
export class Generators {
  readonly #all: Generator[];
  readonly #nodes: number;
  constructor(nodes: number) {
    this.#nodes = nodes;
    this.#all = Array.from({ length: Math.ceil(nodes / AGENTS_MAX) }, () => new Generator());
  }
  get pids(): number[] {
    return this.#all.map(({ pid }) => pid);
  }

  async prepare(shares: Shares, byToken: number, signal: AbortSignal): Promise<Answer<"prepared">[]> {
    const counts = split(this.#nodes, this.#all.length);
    const tokens = split(byToken, this.#all.length);
    const each = <T>(values: readonly T[], i: number, otherwise: T): T => values[i] ?? otherwise;
    return Promise.all(
      this.#all.map((generator, i) => {
        const settings: GeneratorSettings = {
          ...shares,
          first: counts.slice(0, i).reduce((sum, count) => sum + count, 0),
          count: each(counts, i, 0),
          byToken: each(tokens, i, 0),
          localAddress: `127.0.1.${i + 1}`,
          connectsPerSecond: shares.connectsPerSecond / this.#all.length,
          inFlight: Math.max(1, Math.round(shares.inFlight / this.#all.length)),
        };
        return generator.ask({ type: "prepare", settings }, "prepared", signal);
      }),
    );
  }

  /** Connects the fleet. @returns how long it took until the last one had all its facts stored, ms */
  async connect(told: (live: number, stored: number) => void, signal: AbortSignal): Promise<number> {
    const progress = this.#all.map(() => ({ live: 0, stored: 0 }));
    for (const [i, generator] of this.#all.entries())
      generator.onProgress(({ live, stored }) => {
        progress[i] = { live, stored };
        told(
          progress.reduce((sum, one) => sum + one.live, 0),
          progress.reduce((sum, one) => sum + one.stored, 0),
        );
      });
    const all = await Promise.all(
      this.#all.map((generator) => generator.ask({ type: "connect" }, "connected", signal)),
    );
    return Math.max(...all.map(({ ms }) => ms));
  }

  measure(from: number): void {
    for (const generator of this.#all) generator.tell({ type: "measure", from });
  }

  /** How many have a session. */
  async live(signal: AbortSignal): Promise<number> {
    const all = await Promise.all(this.#all.map((generator) => generator.ask({ type: "count" }, "counted", signal)));
    return all.reduce((sum, { live }) => sum + live, 0);
  }

  /** When those that are connected got their last welcome, epoch ms, in order. */
  async welcomes(signal: AbortSignal): Promise<number[]> {
    const all = await Promise.all(
      this.#all.map((generator) => generator.ask({ type: "welcomes" }, "welcomed", signal)),
    );
    return all.flatMap(({ at }) => at).toSorted((a, b) => a - b);
  }

  async finish(signal: AbortSignal): Promise<{ tally: Tally; live: number }> {
    const all = await Promise.all(this.#all.map((generator) => generator.ask({ type: "finish" }, "finished", signal)));
    return { tally: sumUp(all.map(({ tally }) => tally)), live: all.reduce((sum, { live }) => sum + live, 0) };
  }

  /** How many of these marks were wrong. */
  async judge(marks: Mark[], signal: AbortSignal): Promise<number> {
    const all = await Promise.all(
      this.#all.map((generator) => generator.ask({ type: "judge", marks }, "judged", signal)),
    );
    return all.reduce((sum, { wrong }) => sum + wrong, 0);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all.map((generator) => generator.stop()));
  }
}

/** Tallies of several processes as one. */
export function sumUp(all: readonly Tally[]): Tally {
  const sum = (count: (tally: Tally) => number) => all.reduce((total, tally) => total + count(tally), 0);
  const losses: Record<string, number> = {};
  for (const tally of all)
    for (const [reason, count] of Object.entries(tally.losses)) losses[reason] = (losses[reason] ?? 0) + count;
  return {
    due: sum((t) => t.due),
    answered: sum((t) => t.answered),
    cutOff: sum((t) => t.cutOff),
    missed: sum((t) => t.missed),
    factsSent: sum((t) => t.factsSent),
    factsAcked: sum((t) => t.factsAcked),
    durableSent: sum((t) => t.durableSent),
    durableAcked: sum((t) => t.durableAcked),
    commands: sum((t) => t.commands),
    failed: sum((t) => t.failed),
    rebooted: sum((t) => t.rebooted),
    losses,
    beats: merge(all.map(({ beats }) => beats)),
    facts: merge(all.map(({ facts }) => facts)),
    durables: merge(all.map(({ durables }) => durables)),
    lateness: merge(all.map(({ lateness }) => lateness)),
  };
}
