// Fact "logMatches": lines of the node's logs that a rule knows. Lines of containers' own logs are not read.
import { defineCollector } from "./define.ts";

export const logMatches = defineCollector({
  kind: "logMatches",
  everyMs: 10_000,
  timeoutMs: 10_000,
  read: ({ logs }) => logs.look(Date.now()),
});
