// A verb is a value: access, scope, parsing, transaction, audit, timing and errors are done here, once, so that none can be forgotten.
// tRPC, workers, the command line and tests all call the same value: `acknowledgeFinding.call(ctx, input)`.
import type { z } from "zod";
import type { On, Permission } from "./access.ts";
import { type AuditEntry, type AuditOutcome, askedFor, writeAudit } from "./audit.ts";
import { authorise, type Rule, requirePresence } from "./authorise.ts";
import { type Change, publishChanges } from "./changes.ts";
import type { Actor, Context, Tx } from "./context.ts";
import { AppError, toAppError } from "./errors.ts";
import { timed } from "./metrics.ts";
import type { Scope } from "./scope.ts";

type Schema = z.ZodType;

export type Verb<Kind extends "query" | "mutation", I extends Schema, O> = {
  kind: Kind;
  /** Audit action, metric label, path of the procedure: "findings.acknowledge". */
  name: string;
  access: Permission;
  on: On;
  stepUp: boolean;
  input: I;
  call: (ctx: Context, input: z.input<I>) => Promise<O>;
};

type Args = {
  actor: Actor;
  now: () => Date;
  /** The part of the fleet that this call may see or change. Verbs `on` "node" must apply it to every row that they read. */
  scope: Scope;
};
type QueryArgs = Args & { db: Context["db"] };
type MutationArgs = Args & { tx: Tx };
type MutationResult<O> = {
  result: O;
  /** Null: what it does is recorded row by row where it does it (keys typed into a shell). */
  audit: AuditEntry | null;
  /** What lists and pages must read again. */
  changes?: Change[];
  /** Runs after the commit (enqueue a job); a failure is logged only, a periodic sweep makes up for it. */
  after?: () => Promise<void>;
};

/** Whether some text in it is none that PostgreSQL can keep: a NUL, or half of a character. Every search and every name would end as trouble of our own. */
function hasBrokenText(value: unknown): boolean {
  if (typeof value === "string") return value.includes("\0") || !value.isWellFormed();
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some((entry) => entry.some(hasBrokenText));
}

function parse<I extends Schema>(name: string, schema: I, input: unknown): z.output<I> {
  if (hasBrokenText(input))
    throw new AppError("invalid", `${name}: text that cannot be kept`, { details: { issues: [] } });
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join(".");
  throw new AppError("invalid", `${name}: ${where ? `${where}: ` : ""}${issue?.message ?? "invalid input"}`, {
    details: { issues: parsed.error.issues.map((i) => ({ path: i.path.join("."), message: i.message })) },
  });
}

/** @throws AppError("forbidden") for a token whose scopes do not name the permission: one without scopes is not good for what people must confirm */
function requireScope(name: string, access: Permission, actor: Actor): void {
  if (actor.kind !== "token" || actor.scopes?.includes(access)) return;
  throw new AppError("forbidden", `${name}: token ${actor.id} was not made for ${access}`, {
    publicMessage: "This token was not made for this.",
  });
}

/** Reads only. Leaves no audit row. */
export function query<I extends Schema, O>(
  definition: Rule & {
    input: I;
    run: (args: QueryArgs, input: z.output<I>) => Promise<O>;
  },
): Verb<"query", I, O> {
  const { name, access, on, input: schema, run } = definition;
  return {
    kind: "query",
    name,
    access,
    on,
    stepUp: false,
    input: schema,
    call: ({ db, actor, now }, input) =>
      timed("verb", name, async () => {
        const scope = authorise({ name, access, on }, actor);
        return run({ db, actor, now, scope }, parse(name, schema, input));
      }),
  };
}

/**
 * Changes something: one transaction, the change hints and one audit row in it.
 * Attempts that were refused leave an audit row of their own; input that cannot be read is no attempt yet, nor is one by nobody.
 */
export function mutation<I extends Schema, O>(
  definition: Rule & {
    /** People must have proved lately that they are there. Tokens cannot; theirs must have been made for this permission by name. */
    stepUp?: boolean;
    input: I;
    run: (args: MutationArgs, input: z.output<I>) => Promise<MutationResult<O>>;
  },
): Verb<"mutation", I, O> {
  const { name, access, on, stepUp = false, input: schema, run } = definition;

  async function record(
    db: Context["db"] | Tx,
    { actor, now, requestId, address = null }: Context,
    outcome: AuditOutcome,
    entry: AuditEntry,
  ): Promise<void> {
    await writeAudit(db, { actor, action: name, at: now(), requestId, address, outcome, entry });
  }

  function execute(ctx: Context, scope: Scope, input: z.output<I>) {
    const { actor, now } = ctx;
    return ctx.db.$transaction(
      async (tx) => {
        const done = await run({ tx, actor, now, scope }, input);
        await publishChanges(tx, done.changes ?? []);
        // Last: from here to the commit all other mutations wait for the head of the audit chain.
        if (done.audit) await record(tx, ctx, "done", done.audit);
        return done;
      },
      { timeout: 15_000, maxWait: 10_000 },
    );
  }

  async function attempt(ctx: Context, raw: z.input<I>) {
    // What a refusal means at this point; null: nothing that belongs in the trail.
    let meaning: "denied" | "refused" | null = "denied";
    try {
      const scope = authorise({ name, access, on }, ctx.actor);
      meaning = null;
      const input = parse(name, schema, raw);
      meaning = "refused";
      if (stepUp) {
        requireScope(name, access, ctx.actor);
        requirePresence(name, ctx.actor, ctx.now());
      }
      return await execute(ctx, scope, input);
    } catch (err) {
      const isRefusal = err instanceof AppError && err.http < 500; // the others are trouble of our own
      if (isRefusal && meaning && ctx.actor.kind !== "anonymous")
        await record(ctx.db, ctx, err.isForeign ? "denied" : meaning, {
          entity: err.entity ?? askedFor(name, raw),
          after: { code: err.code, reason: err.publicMessage },
        });
      throw err;
    }
  }

  return {
    kind: "mutation",
    name,
    access,
    on,
    stepUp,
    input: schema,
    call: (ctx, input) =>
      timed("verb", name, async () => {
        const outcome = await attempt(ctx, input);
        await outcome.after?.().catch((err: unknown) => {
          const text = toAppError(err).message;
          console.warn(JSON.stringify({ level: "warn", msg: "after-commit step failed", verb: name, err: text }));
        });
        return outcome.result;
      }),
  };
}
