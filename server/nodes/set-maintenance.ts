// Puts a node into maintenance or ends it; findings go on, but its state says that somebody works on it.
import { mutation } from "../core/verb.ts";
import { SetMaintenance } from "./schema.ts";
import { refreshNodeStates } from "./set-state.ts";

export const setMaintenance = mutation({
  name: "nodes.setMaintenance",
  access: "nodes:write",
  on: "node",
  input: SetMaintenance,
  async run({ tx, now, scope }, { node, on, reason }) {
    const id = await scope.node(tx, node);
    await refreshNodeStates(tx, [id], now(), { type: "maintenance", on, reason });
    return {
      result: { id, on },
      audit: { entity: ["node", id], nodeId: id, after: { on, reason } },
      changes: [{ domain: "nodes", ids: [id] }],
    };
  },
});
