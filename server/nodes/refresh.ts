// Asks a node's agent to look again now; the gateway that holds its session passes it on.
import { factKinds } from "../../protocol/facts.ts";
import { COLLECT_CHANNEL } from "../core/changes.ts";
import { sql } from "../core/sql.ts";
import { mutation } from "../core/verb.ts";
import { NodeRef } from "./schema.ts";

export const refreshNode = mutation({
  name: "nodes.refresh",
  access: "nodes:write",
  on: "node",
  input: NodeRef,
  async run({ tx, scope }, { node }) {
    const nodeId = await scope.node(tx, node);
    await tx.$executeRaw(sql`SELECT pg_notify(${COLLECT_CHANNEL}, ${JSON.stringify({ nodeId, kinds: factKinds })})`);
    return { result: { nodeId }, audit: { entity: ["node", nodeId], nodeId } };
  },
});
