// Where the proofs of rollouts take place: the whole product with its lab nodes, what is read of them, what is killed, and what came out, as one line of JSON.
import { expect } from "vitest";
import type { FindingList } from "../../server/findings/schema.ts";
import type { NodeList } from "../../server/nodes/schema.ts";
import type { RolloutDetail, TargetRow } from "../../server/rollouts/schema.ts";
import { type Stack, startStack, until } from "../../testing/stack.ts";
import { hostAddress } from "../layout.ts";
import { type LabNode, loadState } from "../state.ts";
import { Rollouts, type Span } from "./console.fixture.ts";
import { containersOf, type Journalled, journalOf, type Standing } from "./nodes.fixture.ts";

/** What is killed. */
export const VICTIMS = ["workers", "gateway", "postgres"] as const;
export type Victim = (typeof VICTIMS)[number];

/** As short as a policy may be, so that a proof takes minutes. */
export const quick = {
  first: 1,
  growth: 3,
  domain: "zone",
  soakMs: 20_000,
  judgeEveryMs: 5_000,
  maxErrors: 4,
  maxInFlight: 12,
  judge: { minExposureMs: 10_000, atTimeLimit: "pass" },
} as const;
/** The lane with the shortest soak, two persons' yes; in a new fleet with one person, that one's. */
export const fast = { lane: "fast", reason: "the proof of the lab" } as const;

/** What came out of one scenario. Times in s. */
export type Outcome = {
  scenario: string;
  phase: string;
  /** From the start to the end. */
  tookS: number;
  /** From the moment at which the bad change was on its canary; null where nothing was halted. */
  haltedAfterS: number | null;
  rolledBackAfterS: number | null;
  nodesChanged: number;
  containersRestarted: number;
  commands: number;
  ranTwice: number;
  /** What was ended by SIGKILL while it was under way. */
  killed: string[];
};

type Pods = Record<string, Record<string, Standing>>;

export class Scene {
  readonly stack: Stack;
  readonly rollouts: Rollouts;
  readonly fleet: readonly LabNode[];
  /** The machine's address on the lab's network. */
  readonly address: string;
  readonly #outcomes: Outcome[] = [];
  readonly #kills: { victim: Victim; at: number }[] = [];

  private constructor(stack: Stack, fleet: readonly LabNode[], address: string) {
    this.stack = stack;
    this.rollouts = new Rollouts(stack.dataDir);
    this.fleet = fleet;
    this.address = address;
  }

  /** On the nodes of a lab that runs. */
  static async of(stack: Stack): Promise<Scene> {
    const state = (await loadState(stack.dataDir)) ?? expect.fail("no lab");
    return new Scene(stack, state.nodes, hostAddress(state.lab));
  }

  /** With a product and nodes of its own. */
  static async open(nodes: number): Promise<Scene> {
    const stack = await startStack();
    try {
      await stack.json(["lab", "up", "--nodes", String(nodes)], 300_000);
      return await Scene.of(stack);
    } catch (err) {
      await stack.down();
      throw err;
    }
  }

  node(name: string): LabNode {
    return this.fleet.find((n) => n.name === name) ?? expect.fail(`no ${name}`);
  }
  nodes(names: readonly string[]): LabNode[] {
    return names.map((name) => this.node(name));
  }
  /** Names of the nodes of a pool, in their order. */
  pool(pool: "web" | "batch"): string[] {
    return this.fleet.filter((n) => n.pool === pool).map((n) => n.name);
  }
  /** Names of the nodes of a zone ("a", "b" or "c"), of both pools. */
  zone(zone: string): string[] {
    return this.fleet.filter((n) => n.zone === `zone-${zone}`).map((n) => n.name);
  }

  async findings(): Promise<FindingList["rows"]> {
    return (await this.stack.json<FindingList>(["findings"])).rows;
  }

  /** Nothing is wrong on any node. What every node says at once is told of the machine under them (load), not of a change. */
  isWell(): Promise<true> {
    const size = this.fleet.length;
    return until<true>("the whole fleet well", 120_000, async () => {
      const { rows } = await this.stack.json<NodeList>(["nodes"]);
      const nodesOf = Map.groupBy(await this.findings(), (f) => f.checkId);
      const wrong = [...nodesOf.values()].filter((list) => new Set(list.map((f) => f.nodeId)).size < size).flat();
      const away = rows.filter((n) => !n.isConnected || !["healthy", "degraded"].includes(n.state));
      if (rows.length === size && away.length === 0 && wrong.length === 0) return true;
      throw new Error(
        [
          ...away.map((n) => `${n.name} ${n.state} (${n.stateReason})`),
          ...wrong.map((f) => `${f.nodeName} ${f.checkId}`),
        ].join(", "),
      );
    });
  }

  /** Every container on these nodes, from the runtimes themselves. */
  async standing(names: readonly string[]): Promise<Pods> {
    return Object.fromEntries(
      await Promise.all(this.nodes(names).map(async (n) => [n.name, await containersOf(n)] as const)),
    );
  }

  async journals(names: readonly string[]): Promise<Journalled[]> {
    return (await Promise.all(names.map((name) => journalOf(this.stack.dataDir, name)))).flat();
  }

  /** What was carried out on these nodes since `before`, each command at most once whoever was killed meanwhile. */
  async carriedOut(names: readonly string[], before: readonly Journalled[]): Promise<Journalled[]> {
    const known = new Set(before.map(({ id }) => id));
    const all = (await this.journals(names)).filter(({ id }) => !known.has(id));
    expect(all.filter(ranTwice)).toEqual([]);
    for (const unique of ["id", "nonce"] as const) expect(new Set(all.map((c) => c[unique])).size).toBe(all.length);
    return all;
  }

  /** kill -9 of all of these at once, and waits until the product has brought them back. */
  async kill(victims: readonly Victim[]): Promise<void> {
    type Status = { processes: { name: string; pid: number | null; isReady: boolean | null; phase: string }[] };
    const status = async () => (JSON.parse((await this.stack.cli(["status", "--json"])).stdout) as Status).processes;
    const before = await status();
    const pids = victims.map((name) => before.find((p) => p.name === name)?.pid ?? expect.fail(`no ${name}`));
    for (const pid of pids) process.kill(pid, "SIGKILL");
    const at = Date.now();
    this.#kills.push(...victims.map((victim) => ({ victim, at })));
    await until(`${victims.join(", ")} run again`, 60_000, async () =>
      (await status()).every((p) => p.phase === "running" && p.isReady !== false && !pids.includes(p.pid ?? 0))
        ? true
        : undefined,
    );
  }

  /** What was killed while this rollout was under way. */
  #killedDuring({ startedAt, endedAt }: RolloutDetail): string[] {
    const [from, to] = [startedAt?.getTime() ?? 0, endedAt?.getTime() ?? Date.now()];
    return this.#kills.filter(({ at }) => from <= at && at <= to).map(({ victim }) => victim);
  }

  /** Notes what came out, for `tell`, and what must be so of every scenario. `appliedAt`: when a bad change was on its canary. */
  async note(
    scenario: string,
    rollout: RolloutDetail,
    {
      done,
      before,
      after,
      appliedAt = null,
    }: { done: Journalled[]; before: Pods; after: Pods; appliedAt?: number | null },
  ): Promise<void> {
    const haltedAt = appliedAt === null ? null : await this.rollouts.haltedAt(rollout.id);
    const endedAt = rollout.endedAt?.getTime() ?? 0;
    const outcome: Outcome = {
      scenario,
      phase: rollout.phase,
      tookS: seconds(endedAt - (rollout.startedAt?.getTime() ?? 0)),
      haltedAfterS: appliedAt === null || haltedAt === null ? null : seconds(haltedAt - appliedAt),
      rolledBackAfterS: appliedAt === null || rollout.phase !== "rolled-back" ? null : seconds(endedAt - appliedAt),
      nodesChanged: new Set(changing(done).map((c) => c.node)).size,
      containersRestarted: restarted(before, after),
      commands: done.length,
      ranTwice: done.filter(ranTwice).length,
      killed: this.#killedDuring(rollout),
    };
    this.#outcomes.push(outcome);
    expect(outcome).toMatchObject({ containersRestarted: 0, ranTwice: 0, killed: VICTIMS });
  }

  /** Everything that came out, as one line. */
  tell(): void {
    console.log(JSON.stringify({ rollouts: { nodes: this.fleet.length, scenarios: this.#outcomes } }));
  }
}

const ranTwice = ({ accepted, started }: Journalled): boolean => accepted !== 1 || started > 1;
const seconds = (ms: number): number => Math.round(ms / 100) / 10;

/** Commands that change a node. */
export const changing = (commands: readonly Journalled[]): Journalled[] =>
  commands.filter((c) => c.type !== "evidence.capture");

/** Containers that are not what they were. */
const restarted = (before: Pods, after: Pods): number =>
  Object.entries(before).reduce(
    (sum, [node, pods]) =>
      sum +
      Object.entries(pods).filter(([pod, was]) => JSON.stringify(after[node]?.[pod]) !== JSON.stringify(was)).length,
    0,
  );

/** Names by wave; what is skipped is in none. */
export function wavesOf(targets: readonly TargetRow[]): string[][] {
  const byWave = Map.groupBy(targets, (t) => t.wave);
  return [...byWave.keys()]
    .filter((wave) => wave >= 0)
    .sort((a, b) => a - b)
    .map((wave) => byWave.get(wave)?.map((t) => t.nodeName) ?? []);
}

/** When a node was in the hands of each command. */
export const spansOf = (commands: readonly Journalled[]): Span[] =>
  commands.flatMap(({ node, startedAt, result }) =>
    startedAt && result ? [{ node, from: startedAt, to: result.endedAt }] : [],
  );
