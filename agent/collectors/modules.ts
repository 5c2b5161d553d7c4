// Fact "modules": the daemons of the node and how each is.
import { defineCollector } from "./define.ts";

export const modules = defineCollector({
  kind: "modules",
  everyMs: 5_000,
  timeoutMs: 5_000,
  read: async ({ modules: watch, table, agentVersion }) => {
    await watch.askUnits(table.read());
    return watch.look(table.read(), agentVersion);
  },
});
