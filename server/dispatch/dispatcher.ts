// The dispatcher's round: freeze, requests, then every queued command is signed, refused or left to wait. It may run any number of times; only the
// ledger, keys and freeze in its own folder decide what the next one does.
import type pg from "pg";
import { Counter, Gauge } from "prom-client";
import type { Logger } from "../core/log.ts";
import { registry } from "../core/metrics.ts";
import type { SigningKey } from "../trust/signing-keys.ts";
import { FreezeState } from "./freeze-state.ts";
import { type AcceptedKey, KeyList } from "./key-list.ts";
import { Ledger } from "./ledger.ts";
import { Limits } from "./limits.ts";
import { loadPolicy, type Policy } from "./policy.ts";
import { handleRequests, mirrorKeys } from "./requests.ts";
import { Rollouts } from "./rollouts.ts";
import { type Decision, decide, type Inputs, type Signature } from "./rules.ts";
import { type DecidedIn, refuseCommand, repeatCommand, signCommand } from "./sign.ts";
import { signMany, type Wanted } from "./sign-many.ts";
import { check } from "./signatures.ts";
import { audit, countNodes, type Queued, readAccounts, readApprovals, readQueued } from "./store.ts";

const PAGE = 500;
/** How often the nodes are counted, ms. */
const SIZE_AGE_MS = 30_000;

const decisions = new Counter({
  name: "nodeops_dispatch_decisions_total",
  help: "Decisions on queued commands, by what was decided and why",
  labelNames: ["decision", "code"],
  registers: [registry],
});
const waitingNow = new Gauge({
  name: "nodeops_dispatch_waiting",
  help: "Queued commands that were left to wait in the last round, by reason",
  labelNames: ["code"],
  registers: [registry],
});
const frozenNow = new Gauge({
  name: "nodeops_dispatch_frozen",
  help: "1 while the fleet is frozen and nothing is signed",
  registers: [registry],
});

export type DispatcherOptions = {
  dataDir: string;
  pool: pg.Pool;
  /** The key that signs now; it may be another one tomorrow. */
  key: () => SigningKey;
  publicUrl: string;
  log: Logger;
  now?: () => number;
};

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #now: () => number;
  readonly #keys: KeyList;
  readonly #ledger: Ledger;
  readonly #limits: Limits;
  readonly #freeze: FreezeState;
  readonly #rollouts: Rollouts;
  readonly #shells: Policy["shells"];
  /** Commands that wait, with the reason that was logged. */
  #waiting = new Map<string, string>();
  #isMirrored = false;
  #size: { at: number; count: number } | null = null;
  #firstKeyFault = "";
  #disabled: ReadonlySet<string> = new Set();

  /** @throws Error when anything in its folder cannot be read: it would decide by less than it knew */
  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    const { dataDir } = options;
    this.#keys = new KeyList(dataDir);
    this.#ledger = new Ledger(dataDir, this.#now());
    const policy = loadPolicy(dataDir);
    this.#limits = new Limits(policy);
    this.#shells = policy.shells;
    for (const taken of this.#ledger.free()) this.#limits.take(taken);
    this.#freeze = new FreezeState(dataDir);
    this.#rollouts = new Rollouts(dataDir, this.#now());
  }

  /** For the process's sign of life. */
  status(): {
    frozenEpoch: number | null;
    keys: number;
    persons: number;
    waiting: Record<string, number>;
    shells: Policy["shells"];
  } {
    const waiting: Record<string, number> = {};
    for (const code of this.#waiting.values()) waiting[code] = (waiting[code] ?? 0) + 1;
    const frozenEpoch = this.#freeze.frozen?.epoch ?? null;
    return {
      frozenEpoch,
      keys: this.#keys.all().length,
      persons: this.#keys.persons().length,
      waiting,
      shells: this.#shells,
    };
  }

  /** Everything that is to be decided now. @throws on a lost database, and on a full disk */
  async round(): Promise<void> {
    const { pool } = this.#options;
    const now = this.#now();
    this.#ledger.tidy(now);
    this.#limits.tidy(now);
    this.#rollouts.tidy(now);
    await this.#takeFirstKey(now);
    await this.#takeFreeze(now);
    const holders = this.#keys.persons();
    const accounts = await readAccounts(pool, holders);
    this.#disabled = accounts.disabled;
    const approvers = [...holders, ...accounts.approvers];
    await handleRequests(this.#signatureContext(), approvers, now);
    await this.#rollouts.takeAll(this.#signatureContext(), approvers, now);
    await this.#rollouts.endOver(pool);
    if (!this.#isMirrored) await mirrorKeys(pool, this.#keys, now);
    this.#isMirrored = true;
    frozenNow.set(this.#freeze.frozen ? 1 : 0);
    const waiting = await this.#decideAll(approvers);
    this.#waiting = waiting;
    waitingNow.reset();
    for (const code of waiting.values()) waitingNow.inc({ code });
  }

  #signatureContext() {
    const { pool, key, log, publicUrl } = this.#options;
    const disabled = this.#disabled;
    return { keys: this.#keys, ledger: this.#ledger, freeze: this.#freeze, disabled, pool, key, log, publicUrl };
  }

  async #takeFirstKey(now: number): Promise<void> {
    const { pool, log } = this.#options;
    const first = this.#firstKey(now);
    if (!first) return;
    const { keyId, person, personName } = first;
    log.warn({ keyId, person, personName }, "first approval key accepted");
    const entity = ["approval-key", keyId] as const;
    const after = { keyId, person, personName, admittedBy: "the machine's administrator" };
    await audit(pool, { action: "dispatch.first-key", entity, after, outcome: "done", now });
    this.#isMirrored = false;
  }

  /** A first key that cannot be read leaves the fleet without approvals, not without a dispatcher. */
  #firstKey(now: number): AcceptedKey | null {
    try {
      return this.#keys.takeFirst(now);
    } catch (err) {
      const said = err instanceof Error ? err.message : String(err);
      if (said !== this.#firstKeyFault)
        this.#options.log.error({ err: said }, "the first approval key cannot be taken");
      this.#firstKeyFault = said;
      return null;
    }
  }

  async #takeFreeze(now: number): Promise<void> {
    const { pool, log } = this.#options;
    const began = this.#freeze.takeLocal(now) ?? (await this.#freeze.sync(pool));
    await this.#freeze.renewLift(pool, this.#options.key());
    if (!began) return;
    log.warn(began, "frozen: nothing is signed until the freeze is lifted");
    const entity = ["freeze", began.epoch.toString()] as const;
    await audit(pool, { action: "dispatch.freeze", entity, after: began, outcome: "done", now });
  }

  /** The fleet's size, for limits that are a share of it; an enrolment more or less makes no difference to them. */
  async #countNodes(): Promise<number> {
    const now = this.#now();
    if (this.#size === null || now - this.#size.at >= SIZE_AGE_MS || now < this.#size.at)
      this.#size = { at: now, count: await countNodes(this.#options.pool) };
    return this.#size.count;
  }

  async #decideAll(approvers: readonly string[]): Promise<Map<string, string>> {
    const { pool } = this.#options;
    const waiting = new Map<string, string>();
    const nodeCount = await this.#countNodes();
    for (let after: string | null = null; ; ) {
      const page: Queued[] = await readQueued(pool, after, PAGE);
      await this.#rollouts.look(
        pool,
        page.flatMap(({ run }) => run?.rolloutId ?? []),
      );
      const wait = (id: string, code: string | null) => code !== null && waiting.set(id, code);
      const many = new Map<string, Wanted>();
      const signThem = async () => {
        for (const { queued, code } of await this.#signMany([...many.values()], approvers, nodeCount))
          wait(queued.command.id, code);
        many.clear();
      };
      for (const queued of page) {
        // Of one node one after the other: what is decided on the second rests on the first.
        if (many.has(queued.command.nodeId)) await signThem();
        const wanted = await this.#wantedInMany(queued, approvers, nodeCount);
        if (wanted) many.set(queued.command.nodeId, wanted);
        else wait(queued.command.id, await this.#settle(queued, approvers, nodeCount));
      }
      await signThem();
      after = page.at(-1)?.command.id ?? null;
      if (page.length < PAGE) return waiting;
    }
  }

  /** A command that an accepted rollout covers, so that no limit and no signature of its own is asked for; null for every other. */
  async #wantedInMany(queued: Queued, approvers: readonly string[], nodeCount: number): Promise<Wanted | null> {
    const decidedIn = this.#decidedIn(queued);
    if (!queued.run || !decidedIn) return null;
    const decision = await this.#decide(queued, approvers, nodeCount).catch(() => null); // judged again alone, and told then
    if (decision?.do !== "sign" || decision.isFree || decision.approvals.length > 0) return null;
    this.#begin(queued);
    return { queued, decision, planHash: queued.run.planHash, decidedIn };
  }

  #decidedIn({ run }: Queued): DecidedIn | null {
    const rolloutId = run?.rolloutId ?? null;
    return rolloutId === null ? null : { rolloutId, phase: this.#rollouts.phaseOf(rolloutId) ?? "" };
  }

  /** Counted when it is decided on, before it is signed: of a page of commands each is one of the wave. */
  #begin({ command, run }: Queued): void {
    if (run?.rolloutId) this.#rollouts.begin(run.rolloutId, { ...command, runId: command.repairId }, this.#now());
  }

  /** What could not be signed together is settled one by one, so that one row holds up no other. */
  async #signMany(wanted: readonly Wanted[], approvers: readonly string[], nodeCount: number) {
    if (wanted.length === 0) return [];
    const { pool, key, log } = this.#options;
    let signed: ReadonlySet<string> = new Set();
    try {
      signed = await signMany({ pool, ledger: this.#ledger, key: key(), wanted }, this.#now());
    } catch (err) {
      if (pool.ended || isLost(err)) throw err;
      log.error({ err: err instanceof Error ? err.message : String(err) }, "commands could not be signed together");
    }
    this.#rollouts.flush(this.#now());
    if (signed.size > 0) log.info({ count: signed.size }, "commands of rollouts signed");
    decisions.inc({ decision: "sign", code: "" }, signed.size);
    const left = wanted.filter(({ queued }) => !signed.has(queued.command.id));
    const settled: { queued: Queued; code: string | null }[] = [];
    for (const { queued } of left) settled.push({ queued, code: await this.#settle(queued, approvers, nodeCount) });
    return settled;
  }

  /** @returns why it waits, null when it does not wait any more */
  async #settle(queued: Queued, approvers: readonly string[], nodeCount: number): Promise<string | null> {
    const { pool, log } = this.#options;
    const { command } = queued;
    try {
      const decision = await this.#decide(queued, approvers, nodeCount);
      const about = { commandId: command.id, runId: command.repairId, nodeId: command.nodeId, type: command.type };
      if (decision.do === "wait") {
        if (this.#waiting.get(command.id) !== decision.code) {
          log.warn({ ...about, code: decision.code, reason: decision.message }, "command waits");
          decisions.inc({ decision: "wait", code: decision.code });
        }
        return decision.code;
      }
      const isDone = await this.#carryOut(queued, decision);
      if (!isDone) return "held";
      const { code, message } = decision.do === "refuse" ? decision : { code: "", message: undefined };
      decisions.inc({ decision: decision.do, code });
      if (decision.do === "refuse") log.warn({ ...about, code, reason: message }, "command refused");
      else if (decision.do === "repeat") log.warn(about, "command stored once more after a crash");
      else {
        const by = decision.approvals.map(({ person }) => person);
        log.info({ ...about, risk: decision.risk, isFree: decision.isFree, by }, "command signed");
      }
      return null;
    } catch (err) {
      // One row that cannot be dealt with holds up no other; a database that is away fails the next query of the round.
      if (pool.ended || isLost(err)) throw err;
      log.error(
        { commandId: command.id, err: err instanceof Error ? err.message : String(err) },
        "command could not be judged",
      );
      return "error";
    }
  }

  async #decide(queued: Queued, approvers: readonly string[], nodeCount: number): Promise<Decision> {
    const { command, run, node } = queued;
    const { pool } = this.#options;
    const rolloutId = run?.rolloutId ?? null;
    const now = this.#now();
    const signed = this.#ledger.signedFor(command.repairId, command.role, command.stepIndex);
    const inputs: Inputs = {
      now,
      frozenEpoch: this.#freeze.frozen?.epoch ?? null,
      command,
      run,
      node,
      approvers,
      rollout: rolloutId ? await this.#rollouts.known(pool, rolloutId) : null,
      shells: this.#shells,
      signatures: [],
      acceptedHash: this.#ledger.run(command.repairId)?.planHash ?? null,
      signed: signed && { commandId: signed.commandId, isFresh: signed.payload !== "" && now < signed.expiresAt },
      isPreviousSigned: this.#ledger.signedFor(command.repairId, "step", command.stepIndex - 1) !== null,
      limitReached: (kind) => this.#limits.reached(kind, command.nodeId, nodeCount, now),
      rolloutHolds: (policy) => {
        const { nodeId, repairId: runId } = command;
        return rolloutId && run
          ? this.#rollouts.holds(rolloutId, policy, { nodeId, runId, direction: run.direction }, now)
          : null;
      },
    };
    const decision = decide(inputs);
    if (decision.do !== "refuse" || decision.code !== "not-approved") return decision;
    // Signatures are read and checked only for what nothing else speaks against.
    if (rolloutId !== null && inputs.rollout && inputs.rollout.row.origin !== "single") {
      const isAccepted = await this.#rollouts.take(this.#signatureContext(), rolloutId, approvers, now);
      return isAccepted ? decide({ ...inputs, rollout: await this.#rollouts.known(pool, rolloutId) }) : decision;
    }
    return decide({ ...inputs, signatures: await this.#signaturesFor(command.repairId, now) });
  }

  async #signaturesFor(runId: string, now: number): Promise<Signature[]> {
    const rows = await readApprovals(this.#options.pool, { kinds: ["plan"], subject: runId });
    const found: Signature[] = [];
    for (const row of rows) {
      const checked = await check(row, this.#signatureContext(), now);
      if (!checked.ok)
        this.#options.log.warn({ approvalId: row.id, runId, reason: checked.why }, "signature does not count");
      else if (checked.statement.kind === "plan") {
        const { statement, challenge, key } = checked;
        found.push({ statement, challenge, person: key.person, keyId: key.keyId });
      }
    }
    return found;
  }

  async #carryOut(queued: Queued, decision: Exclude<Decision, { do: "wait" }>): Promise<boolean> {
    const { pool, key } = this.#options;
    const { command, run } = queued;
    const now = this.#now();
    if (decision.do === "refuse") return refuseCommand(pool, queued, decision, now);
    if (decision.do === "repeat") {
      const signed = this.#ledger.signedFor(command.repairId, command.role, command.stepIndex);
      return signed !== null && repeatCommand(pool, signed);
    }
    // The decision proved that the row's hash is the plan's.
    const planHash = run?.planHash ?? "";
    const decidedIn = this.#decidedIn(queued);
    if (!decision.isFree) this.#begin(queued);
    const input = { pool, ledger: this.#ledger, key: key(), queued, decision, planHash, decidedIn };
    const isSigned = await signCommand(input, now);
    this.#rollouts.flush(now);
    if (isSigned && decision.isFree) this.#limits.take({ at: now, nodeId: command.nodeId, kind: decision.kind });
    return isSigned;
  }

  close(): void {
    this.#ledger.close();
  }
}

/** The connection is gone, rather than the statement wrong: SQLSTATE classes 08 and 57, or a socket's own code. */
const isLost = (err: unknown): boolean =>
  err instanceof Error && "code" in err && typeof err.code === "string" && /^(08|57|E[A-Z])/.test(err.code);
