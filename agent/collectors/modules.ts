// Fact "modules": the daemons of the node and how each is.
import { defineCollector } from "./define.ts";

export const modules = defineCollector({
  kind: "modules",
  everyMs: 5_000,
  timeoutMs: 5_000,
  read: ({ modules: watch, table, agentVersion }) => watch.look(table.read(), agentVersion),
});
