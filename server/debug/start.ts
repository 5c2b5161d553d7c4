// Starts a report about a container or a node: the agent reads, nothing is changed. Workers, dispatcher and agent do the rest.
import type { Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { likePattern } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import { mutation } from "../core/verb.ts";
import { refuseWhileFrozen } from "../freeze/frozen.ts";
import { REPORT } from "../repairs/looks.ts";
import { createLook, wakeLook } from "./run.ts";
import { StartDebug, type StartedDebug } from "./schema.ts";

const FULL_ID = 12;

/** Full id and runtime of a container that the beginning of an id names; an id that nobody lists is left to the node, which may still see it. */
export async function containerOn(tx: Tx, nodeId: string, ref: string): Promise<{ id: string; runtime?: string }> {
  const rows = await tx.$queryRaw<{ id: string; runtime: string }[]>(sql`
    SELECT id, runtime FROM container WHERE node_id = ${nodeId}::uuid AND id LIKE ${`${likePattern(ref)}%`} ORDER BY id LIMIT 2`);
  const exact = rows.find(({ id }) => id === ref);
  const [first, second] = exact ? [exact] : rows;
  if (first && second)
    throw new AppError("invalid", `${ref} names several containers`, {
      publicMessage: "Several containers on this node begin with that id; give more of it.",
    });
  if (first) return first;
  if (ref.length >= FULL_ID) return { id: ref };
  throw new AppError("not_found", `no container ${ref} on ${nodeId}`, { publicMessage: "There is no such container." });
}

export const startDebug = mutation({
  name: "debug.start",
  access: "debug:run",
  on: "node",
  input: StartDebug,
  async run({ tx, actor, now, scope }, { node, container, runtime }) {
    const nodeId = await scope.node(tx, node);
    await refuseWhileFrozen(tx);
    const { name } = await tx.node.findUniqueOrThrow({ where: { id: nodeId }, select: { name: true } });
    const found = container === undefined ? null : await containerOn(tx, nodeId, container);
    const via = runtime ?? found?.runtime;
    const params = found ? { containerId: found.id, ...(via === undefined ? {} : { runtime: via }) } : {};
    const what = found ? `container ${found.id.slice(0, FULL_ID)}` : "the node";
    const started = await createLook(
      tx,
      actor,
      {
        repairId: REPORT,
        nodeId,
        nodeName: name,
        action: { type: "debug.collect", params },
        title: { en: `Look into ${what}`, zh: found ? `查看容器 ${found.id.slice(0, FULL_ID)}` : "查看节点" },
        touches: { en: "Reads only; nothing is changed.", zh: "只读取，不做任何改动。" },
        subject: found?.id ?? "",
      },
      now(),
    );
    const result: StartedDebug = { id: started.id };
    return {
      result,
      audit: { entity: ["debug", started.id] as const, nodeId, after: { container: found?.id ?? null } },
      changes: [{ domain: "debug" as const, ids: [started.id] }],
      after: () => wakeLook(started),
    };
  },
});
