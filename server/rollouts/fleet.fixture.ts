// For tests: a small fleet under the real engine, dispatcher and ingest. Only the agents and the clock are played.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { FactData } from "../../protocol/facts.ts";
import type { Event } from "../../rollout/types.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { healthyData } from "../../testing/facts.ts";
import { addNode } from "../../testing/fleet.ts";
import type { Role } from "../core/access.ts";
import type { Context } from "../core/context.ts";
import type { Signer } from "../dispatch/dispatcher.fixture.ts";
import { inspect } from "../inspections/evaluate.ts";
import { advanceRepair } from "../repairs/advance.ts";
import { alive, dead, Engine } from "../repairs/engine.fixture.ts";
import { advanceRollout } from "./advance.ts";
import type { Loaded } from "./rows.ts";
import { judgeWave } from "./watch.ts";

type Answer = "done" | "failed" | "silent" | "unknown";

export class Fleet {
  readonly database: TestDatabase;
  readonly db: PrismaClient;
  readonly engine: Engine;
  /** The real judge looks, at the stored facts. */
  isJudgedForReal = false;
  /** What the judge says of a wave else; tests set it. */
  verdict: (wave: number, rollout: Loaded) => Event[] = (wave) => this.judged(wave, "pass");
  judged(wave: number, verdict: "pass" | "fail"): Event[] {
    const at = this.engine.clock.getTime();
    return [{ type: "judged", at, wave, verdict, why: { en: verdict, zh: verdict }, dataAt: at }];
  }
  /** What a node's agent answers to steps. */
  answers: (nodeId: string) => Answer = () => "done";
  #count = 0;

  private constructor(database: TestDatabase, engine: Engine) {
    this.database = database;
    this.db = database.prisma;
    this.engine = engine;
  }
  /** @param first holder of the first approval key */
  static async open(database: TestDatabase, first: Signer | null = null): Promise<Fleet> {
    return new Fleet(database, await Engine.open(database, first));
  }

  /** Connected, inspected nodes. */
  async addNodes(
    n: number,
    over: Partial<{ pool: string; zone: string; facts: Partial<FactData> }> = {},
  ): Promise<string[]> {
    const { facts, ...node } = over;
    const ids: string[] = [];
    for (let i = 0; i < n; i += 1) {
      this.#count += 1;
      const id = await addNode(this.db, { name: `node-${this.#count}`, kernel: "6.1.0", ...node });
      ids.push(id);
    }
    await this.db.node.updateMany({
      where: { id: { in: ids } },
      data: { isConnected: true, lastSeenAt: this.engine.clock },
    });
    const beat = {
      pid: 1,
      version: "1",
      startedAt: this.engine.clock,
      beatAt: new Date(this.engine.clock.getTime() + 86_400_000),
    };
    await this.db.processBeat.upsert({
      where: { name: "gateway" },
      create: { name: "gateway", ...beat },
      update: beat,
    });
    for (const id of ids) await this.report(id, { ...healthyData(), ...facts });
    await this.inspect(ids);
    return ids;
  }
  async report(nodeId: string, facts: Partial<FactData>): Promise<void> {
    this.engine.nodeId = nodeId;
    await this.engine.report(facts);
  }
  inspect(ids: string[]) {
    return inspect(this.database.as("workers"), ids, this.engine.clock);
  }
  /** Nodes whose containerd is down. */
  async addDead(n: number, over: Partial<{ pool: string; zone: string }> = {}): Promise<string[]> {
    return this.addNodes(n, { ...over, facts: dead });
  }
  contextOf(id: string, role: Role): Context {
    const ctx = this.engine.contextOf(id, role);
    return { ...ctx, actor: { ...ctx.actor, verifiedAt: this.engine.clock } as Context["actor"] };
  }

  advance(id: string) {
    const hands = {
      judge: this.isJudgedForReal
        ? judgeWave
        : async (_db: PrismaClient, rollout: Loaded, wave: number) => this.verdict(wave, rollout),
    };
    return advanceRollout(this.database.as("workers"), id, this.engine.now, hands);
  }
  /** One turn of everything: rollout, its runs, dispatcher, agents. */
  async turn(id: string, seconds = 2) {
    this.engine.pass(seconds);
    const phase = await this.advance(id);
    for (let i = 0; i < 4; i += 1) {
      const runs = await this.db.repair.findMany({ where: { rolloutId: id, endedAt: null }, select: { id: true } });
      for (const run of runs) await advanceRepair(this.database.as("workers"), run.id, this.engine.now);
      await this.engine.dispatch();
      await this.agents();
    }
    return phase;
  }
  async turnUntil(id: string, phases: readonly string[], turns = 60, seconds = 12) {
    for (let i = 0; i < turns; i += 1) {
      const phase = await this.turn(id, seconds);
      if (phase && phases.includes(phase)) return phase;
    }
    const row = await this.db.rollout.findUniqueOrThrow({ where: { id } });
    throw new Error(`still ${row.phase}/${row.stage}: ${JSON.stringify({ state: row.state, counts: row.counts })}`);
  }
  /** Agents carry out what is signed. */
  async agents(): Promise<void> {
    const signed = await this.db.command.findMany({
      where: { state: "signed" },
      select: { id: true, nodeId: true, role: true },
    });
    for (const { id, nodeId, role } of signed) {
      const answer = role === "evidence" ? "done" : this.answers(nodeId);
      if (answer === "silent") continue;
      this.engine.nodeId = nodeId;
      await this.engine.answer(id, answer, { changed: role === "step" });
      if (role === "step" && answer === "done") await this.report(nodeId, alive());
    }
  }
}
