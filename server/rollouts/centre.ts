// Changes of the console's own rows, node by node: what "send" and "send back" do where no command is needed.

import { withLabel } from "../../changes/label.ts";
import { toJson } from "../core/audit.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";

type Node = { id: string; labels: Readonly<Record<string, string>> };
type Params = Record<string, unknown>;
type Handler = {
  /** Does it; returns what is needed to take it back, plain JSON. */
  apply: (tx: Tx, params: Params, node: Node) => Promise<Record<string, unknown>>;
  revert: (tx: Tx, params: Params, node: Node, was: Record<string, unknown>) => Promise<void>;
};

const setLabels = (tx: Tx, id: string, labels: Record<string, string>) =>
  tx.$executeRaw(sql`UPDATE node SET labels = ${JSON.stringify(toJson(labels))}::jsonb WHERE id = ${id}::uuid`);

type LabelParams = { key: string; value: string | null };

const handlers: Record<string, Handler> = {
  label: {
    async apply(tx, params, { id, labels }) {
      const change = params as LabelParams; // parsed by the change's own schema
      await setLabels(tx, id, withLabel(labels, change));
      return { value: Object.hasOwn(labels, change.key) ? (labels[change.key] ?? null) : null };
    },
    async revert(tx, params, { id, labels }, was) {
      const { key, value } = params as LabelParams;
      // Somebody set it anew since: that is theirs.
      if ((Object.hasOwn(labels, key) ? labels[key] : null) !== value) return;
      await setLabels(tx, id, withLabel(labels, { key, value: typeof was.value === "string" ? was.value : null }));
    },
  },
};

function handlerOf(kind: string): Handler {
  const handler = handlers[kind];
  if (!handler) throw new Error(`nothing at the centre carries out ${kind}`);
  return handler;
}

export const applyAtCentre = (tx: Tx, kind: string, params: Params, node: Node) =>
  handlerOf(kind).apply(tx, params, node);
export const revertAtCentre = (tx: Tx, kind: string, params: Params, node: Node, was: Record<string, unknown>) =>
  handlerOf(kind).revert(tx, params, node, was);
