// For tests: plans, approves and starts rollouts over one pool of a test fleet, and reads how they stand. Signatures are the approvals' own tests.
import type { RolloutStatement } from "../../protocol/statement.ts";
import type { BudgetPolicy } from "../../rollout/types.ts";
import { toJson } from "../core/audit.ts";
import type { Context } from "../core/context.ts";
import { addApproval, type Signer } from "../dispatch/dispatcher.fixture.ts";
import { giveEvents } from "./advance.ts";
import type { Fleet } from "./fleet.fixture.ts";
import { planRollout } from "./plan.ts";
import type { Loaded } from "./rows.ts";
import { rolloutColumns, toLoaded } from "./rows.ts";
import type { PlanRolloutInput } from "./schema.ts";
import { startRollout } from "./start.ts";

export class Steer {
  readonly fleet: Fleet;
  pool = "";
  readonly #signer: Signer | null;
  #count = 0;

  /** @param signer signs what needs it; without one no dispatcher signs commands of such rollouts */
  constructor(fleet: Fleet, signer: Signer | null = null) {
    this.fleet = fleet;
    this.#signer = signer;
  }

  /** A pool of its own for every test, with room for all of its nodes. */
  async freshPool(over: Partial<BudgetPolicy> = {}): Promise<string> {
    this.#count += 1;
    this.pool = `pool-${this.#count}`;
    this.fleet.engine.clock = new Date();
    this.fleet.answers = () => "done";
    this.fleet.verdict = (wave) => this.fleet.judged(wave, "pass");
    const policy = { maxUnavailable: { nodes: 50 }, maxUnhealthyRatio: 1, maxDomains: 9, minAvailable: 0, ...over };
    const by = { setBy: "x", setByName: "x", setAt: new Date() };
    await this.fleet.db.budget.create({ data: { pool: this.pool, policy: toJson(policy), ...by } });
    return this.pool;
  }

  as(id: string): Context {
    return this.fleet.contextOf(id, "operator");
  }
  startRuntime(over: Partial<PlanRolloutInput> = {}): PlanRolloutInput {
    const change = { kind: "repair", params: { repairId: "start-runtime", checkId: "runtime-down" } };
    return { change, where: { selector: `pool=${this.pool}` }, policy: { rehearse: false }, ...over };
  }
  setLabel(over: Partial<PlanRolloutInput> = {}): PlanRolloutInput {
    const change = { kind: "label", params: { key: "team", value: "web" } };
    return { change, where: { selector: `pool=${this.pool}` }, policy: { rehearse: false }, ...over };
  }
  setSysctl(over: Partial<PlanRolloutInput> = {}): PlanRolloutInput {
    const change = { kind: "sysctl", params: { key: "vm.max_map_count", value: "262144" } };
    return { change, where: { selector: `pool=${this.pool}` }, policy: { rehearse: false }, ...over };
  }

  /** Planned, approved where that is needed, and started. */
  async begin(input: PlanRolloutInput, by = "olga"): Promise<string> {
    const { id, targetHash, phase } = await planRollout.call(this.as(by), input);
    const at = this.fleet.engine.clock;
    const event = { type: "approved", at: at.getTime(), targetHash, by: ["user:x"] } as const;
    if (phase === "planned") {
      const { statement } = await this.load(id);
      const signed = statement as unknown as RolloutStatement; // written from that very type
      if (this.#signer)
        await addApproval(this.fleet.database.pool, signed, this.#signer.sign(signed), { person: this.#signer.person });
      await this.fleet.db.$transaction((tx) => giveEvents(tx, id, [{ event, actor: "user:x" }], at));
    }
    await startRollout.call(this.as(by), { id, targetHash });
    return id;
  }

  async load(id: string): Promise<Loaded> {
    return toLoaded(await this.fleet.db.rollout.findUniqueOrThrow({ where: { id }, select: rolloutColumns }));
  }
  /** Nodes by state, those that there are. */
  async counts(id: string): Promise<Record<string, number>> {
    const { counts } = await this.fleet.db.rollout.findUniqueOrThrow({ where: { id } });
    return Object.fromEntries(Object.entries(counts as Record<string, number>).filter(([, n]) => n > 0));
  }
  targets(id: string) {
    return this.fleet.db.rolloutTarget.findMany({
      where: { rolloutId: id, wave: { gte: 0 } },
      orderBy: [{ wave: "asc" }, { turn: "asc" }],
    });
  }
}
