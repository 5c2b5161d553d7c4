// A verb is a value: access, parsing, transaction, audit, timing and errors are done here, once, so that none can be forgotten.
// tRPC, workers, the command line and tests all call the same value: `acknowledgeFinding.call(ctx, input)`.
import type { z } from "zod";
import { can, type Permission } from "./access.ts";
import { type AuditEntry, writeAudit } from "./audit.ts";
import { type Change, publishChanges } from "./changes.ts";
import type { Actor, Context, Tx } from "./context.ts";
import { AppError, toAppError } from "./errors.ts";
import { timed } from "./metrics.ts";

type Schema = z.ZodType;

export type Verb<Kind extends "query" | "mutation", I extends Schema, O> = {
  kind: Kind;
  /** Audit action, metric label, operation id: "findings.acknowledge". */
  name: string;
  access: Permission;
  input: I;
  call: (ctx: Context, input: z.input<I>) => Promise<O>;
};

type QueryArgs = { db: Context["db"]; actor: Actor; now: () => Date };
type MutationArgs = { tx: Tx; actor: Actor; now: () => Date };
type MutationResult<O> = {
  result: O;
  audit: AuditEntry;
  /** What lists and pages must read again. */
  changes?: Change[];
  /** Runs after the commit (enqueue a job); a failure is logged only, a periodic sweep makes up for it. */
  after?: () => Promise<void>;
};

function parse<I extends Schema>(name: string, schema: I, input: unknown): z.output<I> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join(".");
  throw new AppError("invalid", `${name}: ${where ? `${where}: ` : ""}${issue?.message ?? "invalid input"}`, {
    details: { issues: parsed.error.issues.map((i) => ({ path: i.path.join("."), message: i.message })) },
  });
}

function authorise(name: string, actor: Actor, permission: Permission): void {
  if (actor.kind === "anonymous")
    throw new AppError("unauthenticated", `${name}: not signed in`, { publicMessage: "Sign in first." });
  if (!can(actor.role, permission)) {
    throw new AppError("forbidden", `${name}: ${actor.role} lacks ${permission}`, {
      publicMessage: `Your role (${actor.role}) may not do this.`,
    });
  }
}

/** Reads only. */
export function query<I extends Schema, O>(definition: {
  name: string;
  access: Permission;
  input: I;
  run: (args: QueryArgs, input: z.output<I>) => Promise<O>;
}): Verb<"query", I, O> {
  const { name, access, input: schema, run } = definition;
  return {
    kind: "query",
    name,
    access,
    input: schema,
    call: (ctx, input) =>
      timed("verb", name, async () => {
        authorise(name, ctx.actor, access);
        return run({ db: ctx.db, actor: ctx.actor, now: ctx.now }, parse(name, schema, input));
      }),
  };
}

/** Changes something: one transaction, one audit row in it, then the change hints. Denied attempts leave an audit row of their own. */
export function mutation<I extends Schema, O>(definition: {
  name: string;
  access: Permission;
  input: I;
  run: (args: MutationArgs, input: z.output<I>) => Promise<MutationResult<O>>;
}): Verb<"mutation", I, O> {
  const { name, access, input: schema, run } = definition;
  return {
    kind: "mutation",
    name,
    access,
    input: schema,
    call: (ctx, input) =>
      timed("verb", name, async () => {
        const { db, actor, now, requestId } = ctx;
        try {
          authorise(name, actor, access);
        } catch (err) {
          if (actor.kind !== "anonymous") {
            await writeAudit(db, {
              actor,
              action: name,
              at: now(),
              requestId,
              outcome: "denied",
              entry: { entity: ["verb", name] },
            });
          }
          throw err;
        }
        const parsed = parse(name, schema, input);
        const outcome = await db.$transaction(
          async (tx) => {
            const done = await run({ tx, actor, now }, parsed);
            await writeAudit(tx, { actor, action: name, at: now(), requestId, outcome: "done", entry: done.audit });
            await publishChanges(tx, done.changes ?? []);
            return done;
          },
          { timeout: 15_000, maxWait: 10_000 },
        );
        await outcome.after?.().catch((err: unknown) => {
          console.warn(
            JSON.stringify({
              level: "warn",
              msg: "after-commit step failed",
              verb: name,
              err: toAppError(err).message,
            }),
          );
        });
        return outcome.result;
      }),
  };
}
