// Rollouts as the dispatcher knows them: the row as it stands now, the nodes by its own hash, and what was accepted. Takes new approvals in as soon as their
// signatures are enough, however long the rollout then waits for its window.
import { FINAL } from "../../rollout/types.ts";
import type { Logger } from "../core/log.ts";
import { AcceptedRollouts } from "./accepted-rollouts.ts";
import { type RequestContext, record } from "./requests.ts";
import type { PacePolicy } from "./rollout-pace.ts";
import { accept, isFault, type RolloutRow, type RolloutSignature, type Targets, targetsOf } from "./rollout-rules.ts";
import type { Inputs } from "./rules.ts";
import { type ApprovalRow, type Checked, check } from "./signatures.ts";
import { type Queryable, readApprovals, readPhases, readRollouts, readTargets } from "./store.ts";

type Known = NonNullable<Inputs["rollout"]>;
type Judged = { row: ApprovalRow & { kind: string; subject: string; verdict: string }; checked: Checked };

export class Rollouts {
  readonly #accepted: AcceptedRollouts;
  /** As they stood when this page of commands was read: a halt is obeyed with the next page. */
  #rows = new Map<string, RolloutRow>();

  /** @throws Error as AcceptedRollouts */
  constructor(dataDir: string, now: number) {
    this.#accepted = new AcceptedRollouts(dataDir, now);
  }

  tidy(now: number): void {
    this.#accepted.tidy(now);
  }

  /** Takes down which accepted rollouts are over by now. */
  async endOver(db: Queryable): Promise<void> {
    const over: readonly string[] = FINAL;
    for (const [id, phase] of await readPhases(db, this.#accepted.open()))
      if (over.includes(phase)) this.#accepted.end(id);
  }

  /** Phase that decisions on this page rest on. */
  phaseOf(rolloutId: string): string | null {
    return this.#rows.get(rolloutId)?.phase ?? null;
  }

  /** As RolloutPace.holds, for a run of the rollout. */
  holds(rolloutId: string, policy: PacePolicy, run: { nodeId: string; runId: string; direction: string }, now: number) {
    const count = this.#rows.get(rolloutId)?.targetCount ?? 0;
    return this.#accepted.pace.holds(rolloutId, { policy, count, ...run }, now);
  }

  /** Counts a run that is about to be signed for, where its rollout was accepted. */
  begin(rolloutId: string, { nodeId, runId }: { nodeId: string; runId: string }, now: number): void {
    if (this.#accepted.get(rolloutId)) this.#accepted.pace.begin(rolloutId, nodeId, runId, now);
  }

  /** What was begun is durable when it returns. */
  flush(now: number): void {
    this.#accepted.pace.flush(now);
  }

  /** Reads the rows anew. */
  async look(db: Queryable, ids: Iterable<string>): Promise<void> {
    const rows = await readRollouts(db, [...new Set(ids)]);
    this.#rows = new Map(rows.map((row) => [row.id, row]));
  }

  /** What is known of a rollout that was looked at; null when its row is not there. */
  async known(db: Queryable, rolloutId: string): Promise<Known | null> {
    const row = this.#rows.get(rolloutId);
    if (!row) return null;
    const accepted = this.#accepted.get(rolloutId);
    return { row, targets: await this.#targets(db, row), accepted, isOver: this.#accepted.isOver(rolloutId) };
  }

  async #targets(db: Queryable, { id, targetHash }: RolloutRow): Promise<Targets> {
    const known = this.#accepted.targets(targetHash, id);
    if (known) return known;
    const targets = targetsOf(await readTargets(db, id));
    if (targets.hash === targetHash) this.#accepted.keep(targets);
    return targets;
  }

  /** Every rollout with signatures that wait for a verdict. @param approvers as for `accept` */
  async takeAll(ctx: RequestContext, approvers: readonly string[], now: number): Promise<void> {
    const waiting = await readApprovals(ctx.pool, { kinds: ["rollout"] });
    const ids = new Set(waiting.flatMap(({ subject }) => (isUuid(subject) ? [subject] : [])));
    await this.look(ctx.pool, ids);
    for (const row of waiting) if (!this.#rows.has(row.subject)) await this.#refuse(ctx, row, now);
    for (const id of ids) await this.take(ctx, id, approvers, now).catch((err: unknown) => logFault(ctx.log, id, err));
  }

  /** Accepts the rollout when its signatures are enough. @returns whether it is accepted now */
  async take(ctx: RequestContext, rolloutId: string, approvers: readonly string[], now: number): Promise<boolean> {
    const known = await this.known(ctx.pool, rolloutId);
    if (!known) return false;
    const judged: Judged[] = [];
    for (const row of await readApprovals(ctx.pool, { kinds: ["rollout"], subject: rolloutId }))
      judged.push({ row, checked: await check(row, ctx, now) });
    const signatures = judged.flatMap(({ checked }): RolloutSignature[] =>
      checked.ok && checked.statement.kind === "rollout"
        ? [
            {
              statement: checked.statement,
              challenge: checked.challenge,
              person: checked.key.person,
              keyId: checked.key.keyId,
            },
          ]
        : [],
    );
    const { row, targets } = known;
    const answer = known.accepted ? null : accept({ row, targets, signatures, approvers, now });
    if (answer && !isFault(answer)) {
      const by = answer.by.map(({ person, keyId, challenge }) => ({ person, keyId, challenge }));
      this.#accepted.add(answer.accepted, targets, by, now);
      ctx.log.info({ rolloutId, targets: targets.ids.size, by: by.map(({ person }) => person) }, "rollout accepted");
    } else if (answer && signatures.length > 0)
      ctx.log.info({ rolloutId, code: answer.code, reason: answer.message }, "rollout is not approved yet");
    const isAccepted = this.#accepted.get(rolloutId) !== null;
    for (const one of judged) await this.#tell(ctx, one, isAccepted, now);
    return isAccepted;
  }

  /** Of a rollout that is not there nothing will ever be accepted, and rows without a verdict would hide later ones. */
  async #refuse(ctx: RequestContext, row: Judged["row"], now: number): Promise<void> {
    const reason = "there is no such rollout";
    const verdict = { verdict: "refused", reason } as const;
    await record(ctx, row, { ok: false, why: reason }, verdict, now).catch((err: unknown) =>
      logFault(ctx.log, row.subject, err),
    );
  }

  /** A signature that may yet be joined by another stays without a verdict. */
  async #tell(ctx: RequestContext, { row, checked }: Judged, isAccepted: boolean, now: number): Promise<void> {
    if (row.verdict !== "pending" || (checked.ok && !isAccepted)) return;
    const verdict = checked.ok
      ? ({ verdict: "accepted", reason: "" } as const)
      : ({ verdict: "refused", reason: checked.why } as const);
    await record(ctx, row, checked, verdict, now);
  }
}

const isUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);

const logFault = (log: Logger, rolloutId: string, err: unknown): void =>
  log.error({ rolloutId, err: err instanceof Error ? err.message : String(err) }, "rollout could not be judged");
