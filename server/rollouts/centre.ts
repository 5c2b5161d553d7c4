// Changes of the console's own rows, node by node: what "send" and "send back" do where no command is needed. Each is one statement on the row as it stands
// then: what others write to it meanwhile is kept, and what somebody has set anew since is theirs.
import type { CheckChange } from "../../changes/check.ts";
import type { AnyChange } from "../../changes/list.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Text } from "../../protocol/text.ts";
import { holdsFleetWide, type Permission } from "../core/access.ts";
import type { Actor, Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import type { Scope } from "../core/scope.ts";
import { type Sql, sql } from "../core/sql.ts";
import { applyCheck, type Cause, finishCheck, poolsApart, refuseCheckChange, revertCheck } from "./centre-check.ts";
import type { Loaded } from "./rows.ts";
import type { Where } from "./schema.ts";
import { type Selected, selectNodes } from "./where.ts";

type Node = { id: string };
type Params = Record<string, unknown>;
type Handler = {
  /** Does it; returns what is needed to take it back, plain JSON, or why this node is left alone. */
  apply: (tx: Tx, params: Params, node: Node, by: By) => Promise<{ was: Record<string, unknown> } | { refused: Text }>;
  revert: (tx: Tx, params: Params, node: Node, by: By & { was: Record<string, unknown> }) => Promise<void>;
  /** What makes it hold for all, once the rollout has succeeded. */
  finish?: (tx: Tx, params: Params, rollout: Loaded, now: Date) => Promise<void>;
  /** Why it may not be planned. */
  refuse?: (tx: Tx, params: Params, where: Where, now: Date) => Promise<Text | null>;
  /** Pools of the selection that it does not concern. */
  apart?: (db: PrismaClient | Tx, params: Params, where: Where) => Promise<ReadonlySet<string>>;
  /** Right that whoever plans it must have for the whole fleet, besides that to run rollouts. */
  needs?: (params: Params) => Permission;
};
type By = { rollout: Cause; now: Date };

/** The labels with one of them set; null takes it away. */
const withValue = (key: string, value: string | null): Sql =>
  value === null ? sql`n.labels - ${key}::text` : sql`n.labels || jsonb_build_object(${key}::text, ${value}::text)`;

type LabelParams = { key: string; value: string | null };

const handlers: Record<string, Handler> = {
  label: {
    async apply(tx, params, { id }) {
      const { key, value } = params as LabelParams; // parsed by the change's own schema
      const [row] = await tx.$queryRaw<{ value: string | null }[]>(sql`
        UPDATE node n SET labels = ${withValue(key, value)}
        FROM (SELECT id, labels ->> ${key}::text AS value FROM node WHERE id = ${id}::uuid FOR NO KEY UPDATE) was
        WHERE n.id = was.id RETURNING was.value`);
      return { was: { value: row?.value ?? null } };
    },
    async revert(tx, params, { id }, { was }) {
      const { key, value } = params as LabelParams;
      const before = typeof was.value === "string" ? was.value : null;
      await tx.$executeRaw(sql`
        UPDATE node n SET labels = ${withValue(key, before)}
        WHERE n.id = ${id}::uuid AND n.labels ->> ${key}::text IS NOT DISTINCT FROM ${value}::text`);
    },
  },
  check: {
    apply: (tx, params, { id }, { rollout, now }) => applyCheck(tx, params as CheckChange, id, rollout, now),
    revert: (tx, params, { id }, { rollout, now, was }) =>
      revertCheck(tx, params as CheckChange, id, rollout, was, now),
    finish: (tx, params, rollout, now) => finishCheck(tx, params as CheckChange, rollout, now),
    refuse: (tx, params, where, now) => refuseCheckChange(tx, params as CheckChange, where, now),
    apart: (db, params, where) => poolsApart(db, params as CheckChange, where),
    needs: (params) => ((params as CheckChange).checkMode === null ? "checks:write" : "checks:mode"),
  },
};

function handlerOf(kind: string): Handler {
  const handler = handlers[kind];
  if (!handler) throw new Error(`nothing at the centre carries out ${kind}`);
  return handler;
}

export const applyAtCentre = (tx: Tx, rollout: Loaded, params: Params, node: Node, now: Date) =>
  handlerOf(rollout.change.kind).apply(tx, params, node, { rollout, now });
export const revertAtCentre = (
  tx: Tx,
  rollout: Loaded,
  params: Params,
  node: Node,
  { was, now }: { was: Record<string, unknown>; now: Date },
) => handlerOf(rollout.change.kind).revert(tx, params, node, { rollout, now, was });

/** A rollout has succeeded: what it brought node by node holds for all, where its kind has such a thing. */
export async function finishAtCentre(tx: Tx, rollout: Loaded, now: Date): Promise<void> {
  const { kind, params } = rollout.change;
  await handlers[kind]?.finish?.(tx, params, rollout, now);
}

/** Why this change may not be planned; null when nothing speaks against it. */
export const refuseAtCentre = async (tx: Tx, kind: string, params: Params, where: Where, now: Date) =>
  (await handlers[kind]?.refuse?.(tx, params, where, now)) ?? null;

/** The selection, without nodes that the change does not concern. */
export async function selectConcerned(
  db: PrismaClient | Tx,
  { kind, params }: { kind: string; params: Params },
  where: Where,
  { scope, seed }: { scope: Scope; seed: string },
): Promise<Selected[]> {
  const nodes = await selectNodes(db, where, scope, seed);
  const apart = await handlers[kind]?.apart?.(db, params, where);
  return apart ? nodes.filter(({ pool }) => !apart.has(pool)) : nodes;
}

/** @throws AppError("forbidden") unless the actor may do for the whole fleet what the change does in the end */
export function requireRights(actor: Actor, { kind }: AnyChange, params: Params): void {
  const needed = handlers[kind]?.needs?.(params);
  if (!needed || holdsFleetWide(actor, needed)) return;
  throw new AppError("forbidden", `${kind} needs ${needed}`, {
    publicMessage: "In the end this holds for the whole fleet, which is not yours to say.",
  });
}
