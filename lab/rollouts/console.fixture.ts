// The console's rollouts as the lab's tests use them: through its API, with a token and this machine's approval key.
import { setTimeout as sleep } from "node:timers/promises";
import { needApprovalKey } from "../../cli/approval-key.ts";
import { type Client, exact } from "../../cli/client.ts";
import type { RepairDetail } from "../../server/repairs/schema.ts";
import { isFinal, type PlanRolloutInput, type RolloutDetail, type TargetRow } from "../../server/rollouts/schema.ts";
import { until } from "../../testing/stack.ts";

/** A node in somebody's hands, epoch ms. */
export type Span = { node: string; from: number; to: number };

/** The console's rollouts as a person with a token uses them. What fails while a process of the product is away is asked again. */
export class Rollouts {
  readonly #dataDir: string;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  get #client(): Client {
    return exact({ data: this.#dataDir });
  }

  /** @returns its id */
  async plan(input: PlanRolloutInput): Promise<string> {
    return (await this.#client.rollouts.plan.mutate(input)).id;
  }

  get(id: string): Promise<RolloutDetail> {
    return this.#client.rollouts.get.query({ id });
  }

  /** All nodes of it, those that are left out too, in the order of their turns. */
  async targets(id: string): Promise<TargetRow[]> {
    return (await this.#client.rollouts.targets.query({ id, pageSize: 100 })).rows;
  }

  /** Signs with this machine's approval key where that is asked for, then starts what was planned. */
  async start(id: string): Promise<void> {
    const { approval, targetHash } = await this.get(id);
    if (approval?.needsSignature && approval.toSign) {
      const signature = needApprovalKey({ data: this.#dataDir }).sign(approval.toSign.statement);
      await this.#client.approvals.approveRollout.mutate({ id, signature });
    }
    await this.#client.rollouts.start.mutate({ id, targetHash });
  }

  /** Waits until it and its targets are as asked for. @throws what it was like last; at once when it stands otherwise: nobody will come */
  async wait(
    id: string,
    what: string,
    withinMs: number,
    isSo: (rollout: RolloutDetail, targets: TargetRow[]) => boolean,
  ): Promise<RolloutDetail> {
    let last = "";
    const seen = await until(
      `${id}: ${what}`,
      withinMs,
      async () => {
        const [rollout, targets] = await Promise.all([this.get(id), this.targets(id)]);
        if (isSo(rollout, targets)) return { rollout, isRight: true };
        const states = targets.map((t) => `${t.nodeName} ${t.state}`).join(", ");
        last = `${rollout.phase} ${rollout.stage ?? ""}: ${rollout.why?.en ?? ""}; ${states}`;
        if (stands(rollout)) return { rollout, isRight: false };
        throw new Error(last);
      },
      200,
    );
    if (!seen.isRight) throw new Error(`${id}: ${what}: ${last}`);
    return seen.rollout;
  }

  /** Waits until it is over, or stands and waits for a person. */
  ended(id: string, withinMs: number): Promise<RolloutDetail> {
    return this.wait(id, "it is over", withinMs, stands);
  }

  /** When it was halted, or went back, first; epoch ms. */
  async haltedAt(id: string): Promise<number | null> {
    const { events } = await this.#client.rollouts.events.query({ id });
    const halted = events.find(
      ({ phase }) => phase === "halted" || phase === "rolling-back" || phase === "rolled-back",
    );
    return halted?.at.getTime() ?? null;
  }

  /** Gives up what was only planned. */
  async abort(id: string): Promise<void> {
    await this.#client.rollouts.abort.mutate({ id, reason: "not the order that is wanted" });
  }

  /** The last run on one of its nodes. */
  async runOf(id: string, node: string): Promise<RepairDetail> {
    const target = (await this.targets(id)).find((t) => t.nodeName === node);
    if (!target?.runId) throw new Error(`${id} had no run on ${node}`);
    return this.#client.repairs.get.query({ id: target.runId });
  }

  /** How much of a pool ("*": of any) may be away at once, as the lab's tests need it. */
  async setBudget(pool: string, nodes: number): Promise<void> {
    const policy = { maxUnavailable: { nodes }, maxUnhealthyRatio: 0.9, maxDomains: 3, minAvailable: 1 };
    await this.#client.budget.set.mutate({ pool, policy, reason: "the lab's own budget" });
  }

  /**
   * A person who wants one node after the other for a moment and waits in line where that cannot be had.
   * @returns the spans in which a node was certainly theirs: from the answer that said so until they gave it back
   */
  async cordonAgainAndAgain(nodes: readonly string[], signal: AbortSignal): Promise<Span[]> {
    const held: Span[] = [];
    for (let turn = 0; !signal.aborted; turn++) {
      const node = nodes[(turn * 5 + 2) % nodes.length] ?? "";
      await this.#holdOnce(node, signal, held).catch(() => undefined); // the console is away for a moment, or the node is in another's hands
      await sleep(1_500, undefined, { signal }).catch(() => undefined);
    }
    const { leases, waiting } = await this.#client.leases.list.query({ all: false });
    for (const { id } of [...leases, ...waiting].filter((one) => one.isMine))
      await this.#client.leases.release.mutate({ id });
    return held;
  }

  async #holdOnce(node: string, signal: AbortSignal, held: Span[]): Promise<void> {
    const { leases } = this.#client;
    const asked = await leases.cordon.mutate({ node, forMs: 60_000, reason: "a look at its cables" });
    const mine = async () =>
      asked.leaseId ?? (await leases.list.query({ node })).leases.find((l) => l.isMine && l.kind === "cordon")?.id;
    const id = await until(`${node} is mine`, 15_000, mine, 300, signal).catch(async (err: unknown) => {
      if (asked.requestId) await leases.release.mutate({ id: asked.requestId });
      throw err;
    });
    const from = Date.now();
    await sleep(1_500, undefined, { signal }).catch(() => undefined);
    held.push({ node, from, to: Date.now() });
    // Nobody else comes for it: it is given back for certain.
    await until(`${node} given back`, 60_000, async () => {
      await leases.release.mutate({ id });
      return true;
    });
  }
}

/** It does not go on by itself. */
const stands = ({ phase }: Pick<RolloutDetail, "phase">): boolean =>
  isFinal(phase) || phase === "paused" || phase === "halted";
