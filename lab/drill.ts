// The drill: every fault on real nodes, found, repaired and verified through the whole product, with a look at everything that should not have been
// touched. Several nodes at a time, one fault at a time on each; the same fault never on two at once, so that each is a trouble of its own.
import { setTimeout as sleep } from "node:timers/promises";
import { nodeSocket, withCri } from "./cri.ts";
import { findFault } from "./faults/catalogue.ts";
import type { Fault } from "./faults/fault.ts";
import { labFault, labHeal, labList } from "./lab.ts";
import { containerPid, listPods, standingPods } from "./pods.ts";
import type { LabNode } from "./state.ts";

/** What the console shows of a finding. */
export interface SeenFinding {
  id: string;
  node: string;
  checkId: string;
  subject: string;
  /** Counts as present: neither pending nor on its way out. */
  isOpen: boolean;
}

/** An answer as its reader takes it: whose trouble it is, and the checks that the causes and findings in it stand for. */
export interface Diagnosed {
  side: string;
  checks: string[];
  text: string;
}

/** The console as the drill needs it. */
export interface DrillConsole {
  /** Visible findings of the whole fleet now. */
  findings(): Promise<SeenFinding[]>;
  /** Node name → its state and the reason, "healthy" when nothing is wrong. */
  nodeStates(): Promise<Map<string, { state: string; reason: string }>>;
  /** What the owner of a pod is told who asks now what is wrong with it. */
  diagnose(node: string, pod: string): Promise<Diagnosed>;
  /** Repairs a finding with the first repair that may run, approval included; resolves when it is over. `note` says why it did not succeed. */
  repair(findingId: string, signal: AbortSignal): Promise<{ repairId: string; succeeded: boolean; note: string }>;
}

/** What to drill. */
export interface DrillOptions {
  dataDir: string;
  console: DrillConsole;
  nodes: readonly string[];
  faults: readonly string[];
  times: number;
  /** Decides the order. */
  seed: number;
  signal: AbortSignal;
  onProgress(line: string): void;
}

/** One fault on one node. */
export interface DrillRound {
  id: string;
  check: string;
  node: string;
  round: number;
  /** From the moment the fault was there; null when it was not found. */
  detectedAfterS: number | null;
  /** Until the repair was verified and the node healthy; null when it was not. */
  repairedAfterS: number | null;
  /** What the owner of the pod was told that the fault names; null where it names none. */
  diagnosed: Diagnosed | null;
  repair: string | null;
  verified: boolean;
  /** What else changed; empty when nothing did. */
  collateral: string[];
  error: string | null;
}

/** What is over is over. */
export const isPassed = (round: DrillRound): boolean =>
  round.error === null && round.verified && round.detectedAfterS !== null && round.collateral.length === 0;

const LIMITS = { found: 240_000, healthy: 180_000 } as const;
const LOOK_MS = 1_000;

/** A generator of numbers in [0, 1) that gives the same ones for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Every fault `times` times, in an order of chance. */
export function drillPlan(faults: readonly string[], times: number, seed: number): { id: string; round: number }[] {
  const random = randomFrom(seed);
  return Array.from({ length: times }, (_, i) => faults.map((id) => ({ id, round: i + 1, at: i + random() })))
    .flat()
    .sort((a, b) => a.at - b.at)
    .map(({ id, round }) => ({ id, round }));
}

/** The next one for a node: one that runs nowhere now, rather one that the node has not had. */
export function nextFor<T extends { id: string }>(
  waiting: readonly T[],
  running: ReadonlySet<string>,
  had: ReadonlySet<string>,
): T | null {
  const free = waiting.filter(({ id }) => !running.has(id));
  return free.find(({ id }) => !had.has(id)) ?? free[0] ?? null;
}

/**
 * Drills. Goes on after a failure, with the fault healed by hand; after an abort it heals what is there and ends.
 * @returns the rounds by fault, and the checks that told of the machine under all nodes meanwhile
 */
export async function drill(options: DrillOptions): Promise<{ rounds: DrillRound[]; machine: string[] }> {
  const waiting = drillPlan(options.faults, options.times, options.seed);
  const running = new Set<string>();
  const rounds: DrillRound[] = [];
  const total = waiting.length;
  const seen = new Watch(options.console, options.nodes);
  const lane = async (node: LabNode): Promise<void> => {
    const had = new Set<string>();
    while (waiting.length > 0 && !options.signal.aborted) {
      const next = nextFor(waiting, running, had);
      if (next === null) {
        await sleep(LOOK_MS);
        continue;
      }
      waiting.splice(waiting.indexOf(next), 1);
      running.add(next.id);
      had.add(next.id);
      const round = await new Round(options, node, findFault(next.id), next.round, seen).run();
      running.delete(next.id);
      round.collateral = seen.withoutMachines(round.collateral);
      rounds.push(round);
      options.onProgress(lineOf(round, rounds.length, total));
    }
  };
  const nodes = (await labList(options)).filter((node) => options.nodes.includes(node.name));
  await Promise.all(nodes.map(lane));
  // What was noticed on all nodes only later was the machine's before too.
  for (const round of rounds) round.collateral = seen.withoutMachines(round.collateral);
  rounds.sort((a, b) => (a.id === b.id ? a.round - b.round : a.id < b.id ? -1 : 1));
  return { rounds, machine: seen.machines };
}

const lineOf = (r: DrillRound, count: number, total: number): string =>
  `${String(count).padStart(3)}/${total}  ${isPassed(r) ? "ok    " : "FAILED"}  ${r.id.padEnd(26)} ${r.node.padEnd(7)} found ${seconds(r.detectedAfterS)}, repaired ${seconds(r.repairedAfterS)}${[
    r.error ?? "",
    ...r.collateral,
  ]
    .filter(Boolean)
    .map((text) => `\n           ${text}`)
    .join("")}`;

const seconds = (value: number | null): string =>
  value === null ? "–".padStart(6) : `${value.toFixed(1)} s`.padStart(6);

/**
 * Findings as the rounds ask for them: askers within a second share one question. All nodes run on one kernel; a check that has an open finding on
 * every one of them at the same time tells of the machine (load, memory), for no fault is ever on two nodes at once.
 */
export class Watch {
  readonly #console: Pick<DrillConsole, "findings">;
  readonly #nodes: readonly string[];
  readonly #machines = new Set<string>();
  #last: { at: number; answer: Promise<SeenFinding[]> } | null = null;

  constructor(console: Pick<DrillConsole, "findings">, nodes: readonly string[]) {
    this.#console = console;
    this.#nodes = nodes;
  }

  findings(): Promise<SeenFinding[]> {
    if (this.#last === null || performance.now() - this.#last.at > LOOK_MS * 0.7)
      this.#last = { at: performance.now(), answer: this.#ask() };
    return this.#last.answer;
  }

  async #ask(): Promise<SeenFinding[]> {
    const all = await this.#console.findings();
    const nodesOf = Map.groupBy(
      all.filter((f) => f.isOpen),
      (f) => f.checkId,
    );
    for (const [checkId, open] of nodesOf)
      if (this.#nodes.length > 1 && this.#nodes.every((node) => open.some((f) => f.node === node)))
        this.#machines.add(checkId);
    return all;
  }

  /** Checks that told of the machine. */
  get machines(): string[] {
    return [...this.#machines].sort();
  }

  withoutMachines(collateral: readonly string[]): string[] {
    return collateral.filter((text) => !this.isMachines(text));
  }

  /** Whether a check (or a line of collateral that begins with it) tells of the machine. */
  isMachines(text: string): boolean {
    return [...this.#machines].some((id) => text === id || text.startsWith(collateralOf(id)));
  }
}

const collateralOf = (checkId: string): string => `finding ${checkId} (`;

/** Pids of the standing pods' first processes as the node sees them; 0 for a pod that does not run. */
async function podPids(node: LabNode): Promise<Map<string, number>> {
  return withCri(nodeSocket(node.pid), async (cri) => {
    const { sandboxes, containers } = await listPods(cri);
    const pids = new Map<string, number>();
    for (const { name } of standingPods) {
      const pod = sandboxes.find((s) => s.metadata.name === name && s.state === "SANDBOX_READY");
      const container = containers.find((c) => c.pod_sandbox_id === pod?.id && c.state === "CONTAINER_RUNNING");
      pids.set(name, container ? await containerPid(cri, container.id) : 0);
    }
    return pids;
  });
}

class Round {
  readonly #options: DrillOptions;
  readonly #node: LabNode;
  readonly #fault: Fault;
  readonly #seen: Watch;
  readonly #others = new Set<string>();
  readonly #result: DrillRound;

  constructor(options: DrillOptions, node: LabNode, fault: Fault, round: number, seen: Watch) {
    this.#options = options;
    this.#node = node;
    this.#fault = fault;
    this.#seen = seen;
    this.#result = {
      ...{ id: fault.id, check: fault.check, node: node.name, round, detectedAfterS: null, repairedAfterS: null },
      ...{ diagnosed: null, repair: null, verified: false, collateral: [], error: null },
    };
  }

  async run(): Promise<DrillRound> {
    const act = { dataDir: this.#options.dataDir, node: this.#node.name, fault: this.#fault.id };
    const result = this.#result;
    try {
      await this.#healthy("before the fault");
      const before = await podPids(this.#node);
      this.#others.clear();
      await labFault(act);
      const at = performance.now();
      const since = (): number => Math.round((performance.now() - at) / 100) / 10;
      const finding = await this.#until("found", LIMITS.found, async () =>
        (await this.#mine()).find((f) => f.checkId === this.#fault.check && f.isOpen),
      );
      result.detectedAfterS = since();
      const { asked } = this.#fault;
      if (asked) result.diagnosed = await this.#options.console.diagnose(this.#node.name, asked.pod);
      const repair = await this.#options.console.repair(finding.id, this.#options.signal);
      result.repair = repair.repairId;
      result.verified = repair.succeeded;
      if (!repair.succeeded) throw new Error(`the repair ${repair.repairId} did not succeed: ${repair.note}`);
      await this.#healthy("after the repair");
      result.repairedAfterS = since();
      const after = await podPids(this.#node);
      for (const [pod, pid] of before)
        if (!this.#fault.touches?.includes(pod) && after.get(pod) !== pid)
          result.collateral.push(`pod ${pod}: process ${pid} became ${after.get(pod)}`);
    } catch (err) {
      result.error = err instanceof Error ? err.message : String(err);
    }
    await labHeal(act).catch((err: unknown) => {
      result.error ??= `not healed: ${err instanceof Error ? err.message : err}`;
    });
    // What shows late is still this fault's doing.
    await this.#healthy("in the end").catch((err: unknown) => {
      result.error ??= err instanceof Error ? err.message : String(err);
    });
    for (const other of this.#others) result.collateral.push(other);
    return result;
  }

  /** Visible findings of this node; those of other checks are remembered. */
  async #mine(): Promise<SeenFinding[]> {
    const mine = (await this.#seen.findings()).filter((f) => f.node === this.#node.name);
    for (const f of mine)
      if (f.checkId !== this.#fault.check && f.isOpen)
        this.#others.add(`${collateralOf(f.checkId)}${f.subject}) was open`);
    return mine;
  }

  async #healthy(when: string): Promise<void> {
    await this.#until(`healthy ${when}`, LIMITS.healthy, async () => {
      const all = await this.#mine();
      const left = all.filter((f) => !this.#seen.isMachines(f.checkId));
      const state = (await this.#options.console.nodeStates()).get(this.#node.name);
      if (left.length === 0 && (state?.state === "healthy" || all.length > 0)) return true;
      throw new Error(
        `${state?.state} (${state?.reason}), open: ${left.map((f) => f.checkId).join(", ") || "nothing"}`,
      );
    });
  }

  async #until<T>(what: string, ms: number, ask: () => Promise<T | undefined>): Promise<T> {
    const end = performance.now() + ms;
    for (let last = ""; ; ) {
      this.#options.signal.throwIfAborted();
      try {
        const answer = await ask();
        if (answer !== undefined) return answer;
      } catch (err) {
        last = ` (${err instanceof Error ? err.message : err})`;
      }
      if (performance.now() > end) throw new Error(`not ${what} within ${ms / 1_000} s${last}`);
      await sleep(LOOK_MS, undefined, { signal: this.#options.signal });
    }
  }
}
