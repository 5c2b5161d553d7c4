// Whether a change is on its node, read from facts newer than its last step: asked when nobody knows how a step ended.
import { parseChange } from "../../changes/list.ts";
import type { FactKind } from "../../protocol/facts.ts";
import type { Text } from "../../protocol/text.ts";
import type { Tx } from "../core/context.ts";
import { readNodeView } from "../inspections/facts.ts";
import type { RunRow } from "./run-row.ts";

const GONE: Text = { en: "the node was removed", zh: "节点已被移除" };
const NOT_THERE: Text = { en: "the change is not there", zh: "变更尚未生效" };
const UNREADABLE: Text = { en: "what the change is cannot be read", zh: "无法读取变更内容" };

/** `wrong` null when the node's facts show the change; `collect`: kinds to be looked at again. */
export async function verifyChange(
  tx: Tx,
  { nodeId, rollout, verifyingAt }: RunRow,
  now: Date,
): Promise<{ wrong: Text | null; collect: FactKind[] }> {
  const change = rollout ? parseChange(rollout.change as { kind: string; params: unknown }) : { error: "" }; // written by us
  const view = await readNodeView(tx, nodeId, now);
  if (!view) return { wrong: GONE, collect: [] };
  if ("error" in change) return { wrong: UNREADABLE, collect: [] };
  const { labels } = await tx.node.findUniqueOrThrow({ where: { id: nodeId }, select: { labels: true } });
  const after = (verifyingAt ?? now).getTime() + (view.now - now.getTime());
  const read = new Set<FactKind>();
  // Which facts the plan rests on shows by what it reads.
  const facts = new Proxy(view.facts, {
    get(target, kind) {
      if (typeof kind === "string") read.add(kind as FactKind);
      return Reflect.get(target, kind);
    },
  });
  const node = { id: view.node.id, name: view.node.name, labels: labels as Record<string, string> };
  const planned = change.definition.plan(change.params, { node, facts, now: view.now, finding: null });
  const stale = [...read].filter((kind) => (view.lookedAt.get(kind) ?? 0) < after);
  const isThere = "nothing" in planned && planned.isThere && stale.length === 0;
  return { wrong: isThere ? null : NOT_THERE, collect: isThere ? [] : [...read] };
}
