// For tests: one console without its processes. Verbs, engine, dispatcher and ingest are the real ones; only the agent and the clock are played.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pino from "pino";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { CommandResult } from "../../protocol/commands.ts";
import type { FactData, FactKind } from "../../protocol/facts.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { aModule, aRuntime, failedProbe, healthyData } from "../../testing/facts.ts";
import { addNode } from "../../testing/fleet.ts";
import { ingest } from "../agents/ingest.ts";
import type { Role } from "../core/access.ts";
import type { Context } from "../core/context.ts";
import { makeFolder, PUBLIC_URL, type Signer } from "../dispatch/dispatcher.fixture.ts";
import { Dispatcher } from "../dispatch/dispatcher.ts";
import { inspect } from "../inspections/evaluate.ts";
import { loadSigningKey } from "../trust/signing.ts";
import { advanceRepair } from "./advance.ts";
import { previewRepair } from "./preview.ts";
import { startRepair } from "./start.ts";

/** containerd is down: a safe repair, and two checks to turn green. */
export const dead: Partial<FactData> = {
  runtimes: [aRuntime({ probe: failedProbe("UNAVAILABLE", 3) })],
  modules: [aModule({ state: "stopped", process: null, processState: null })],
};
/** containerd hangs: a disruptive repair. `pid` is the process that the plan names. */
export const hung = (pid = 700): Partial<FactData> => ({
  runtimes: [aRuntime({ probe: failedProbe("DEADLINE_EXCEEDED", 8) })],
  modules: [aModule({ process: { pid, startTicks: 5_000 } })],
});
export const alive = (): Partial<FactData> => ({ runtimes: [aRuntime({})], modules: [aModule({})] });

export class Engine {
  readonly database: TestDatabase;
  readonly db: PrismaClient;
  readonly dataDir: string;
  clock = new Date();
  nodeId = "";
  #dispatcher: Dispatcher;
  #seq = 0;
  #count = 0;

  private constructor(database: TestDatabase, dataDir: string) {
    this.database = database;
    this.db = database.prisma;
    this.dataDir = dataDir;
    this.#dispatcher = this.#newDispatcher();
  }

  /** @param first holder of the first approval key, as `up` lays it out */
  static async open(database: TestDatabase, first: Signer | null = null): Promise<Engine> {
    const dataDir = await makeFolder(first);
    // Every test takes a node of its own; that is no storm.
    writeFileSync(join(dataDir, "dispatcher", "policy.json"), JSON.stringify({ spread: { min: 1_000 } }));
    const policy = { maxUnavailable: { nodes: 1_000 }, maxUnhealthyRatio: 1, maxDomains: 1_000, minAvailable: 0 };
    const by = { setBy: "system:test", setByName: "test", setAt: new Date() };
    await database.prisma.budget.upsert({ where: { pool: "*" }, create: { pool: "*", policy, ...by }, update: {} });
    return new Engine(database, dataDir);
  }

  #newDispatcher(): Dispatcher {
    return new Dispatcher({
      dataDir: this.dataDir,
      pool: this.database.poolOf("dispatcher"),
      key: loadSigningKey(this.dataDir),
      publicUrl: PUBLIC_URL,
      log: pino({ level: "silent" }),
      now: () => this.clock.getTime(),
    });
  }

  close(): void {
    this.#dispatcher.close();
    rmSync(this.dataDir, { recursive: true });
  }
  /** The dispatcher's process ends and starts again. */
  restartDispatcher(): void {
    this.#dispatcher.close();
    this.#dispatcher = this.#newDispatcher();
  }

  now = (): Date => this.clock;
  pass(seconds: number): void {
    this.clock = new Date(this.clock.getTime() + seconds * 1_000);
  }

  /** A healthy node of its own, and a clock that begins now. */
  async freshNode(): Promise<string> {
    this.clock = new Date();
    this.#count += 1;
    this.nodeId = await addNode(this.db, { name: `repair-${this.#count}`, kernel: "6.1.0" });
    await this.db.node.update({ where: { id: this.nodeId }, data: { isConnected: true } });
    this.#seq = 0;
    const beat = { pid: 1, version: "1", startedAt: this.clock, beatAt: new Date(this.clock.getTime() + 3_600_000) };
    await this.db.processBeat.upsert({
      where: { name: "gateway" },
      create: { name: "gateway", ...beat },
      update: beat,
    });
    await this.report(healthyData());
    return this.nodeId;
  }

  /** A person with an account. */
  async person(id: string, role: Role): Promise<Context> {
    await this.db.user.create({ data: { id, email: `${id}@console.example`, name: id, role }, select: { id: true } });
    return this.contextOf(id, role);
  }
  contextOf(id: string, role: Role): Context {
    const { now } = this;
    const db = this.database.as("web");
    const grants = [{ role, selector: "*" }];
    const actor = {
      kind: "user",
      id,
      name: id,
      grants,
      sessionId: "s",
      verifiedAt: null,
      breakGlassUntil: null,
    } as const;
    return { db, actor, now, requestId: "test" };
  }

  /** The agent reports facts, as it looked at them right now. */
  async report(data: Partial<FactData>): Promise<void> {
    const at = this.clock.getTime();
    const facts = Object.entries(data).map(([kind, value]) => ({
      kind: kind as FactKind,
      hash: `${kind}-${at}-${Math.random()}`,
      at,
      data: value,
      error: null,
    }));
    await ingest(
      this.database.poolOf("gateway"),
      [{ nodeId: this.nodeId, facts, durable: [], accepted: [] }],
      this.clock,
    );
  }
  async accept(commandId: string): Promise<void> {
    await ingest(
      this.database.poolOf("gateway"),
      [{ nodeId: this.nodeId, facts: [], durable: [], accepted: [commandId] }],
      this.clock,
    );
  }
  /** The agent's result; the frame number rises, as from a spool. */
  async answer(commandId: string, status: CommandResult["status"], over: Partial<CommandResult> = {}): Promise<void> {
    this.#seq += 1;
    const at = this.clock.getTime();
    const result: CommandResult = {
      commandId,
      status,
      code: status === "done" ? null : "code",
      message: "",
      changed: status === "done",
      output: {},
      startedAt: at,
      endedAt: at,
      ...over,
    };
    const durable = [{ seq: this.#seq, body: { type: "result" as const, result } }];
    await ingest(
      this.database.poolOf("gateway"),
      [{ nodeId: this.nodeId, facts: [], durable, accepted: [] }],
      this.clock,
    );
  }

  /** One turn of the workers and one of the dispatcher. */
  async advance(id: string) {
    const state = await advanceRepair(this.database.as("workers"), id, this.now);
    await this.dispatch();
    return state;
  }
  dispatch(): Promise<void> {
    return this.#dispatcher.round();
  }

  commands(repairId: string) {
    return this.db.command.findMany({ where: { repairId }, orderBy: [{ queuedAt: "asc" }, { generation: "asc" }] });
  }

  async openFinding(data: Partial<FactData> = dead, checkId = "runtime-down"): Promise<string> {
    await this.report(data);
    await inspect(this.database.as("workers"), [this.nodeId], this.clock);
    const finding = await this.db.finding.findFirstOrThrow({
      where: { nodeId: this.nodeId, state: { in: ["open", "flapping"] }, checkId },
    });
    return finding.id;
  }
  openHung(): Promise<string> {
    return this.openFinding(hung(), "runtime-hung");
  }

  async start(ctx: Context, findingId: string) {
    const preview = await previewRepair.call(ctx, { findingId });
    const { repairId, planHash } = preview;
    const started = await startRepair.call(ctx, { findingId, repairId, planHash });
    return { ...started, findingId, preview };
  }
}
