// Repair: room for more neighbours.
import { neighbourTableFull } from "../../checks/network/neighbour-table-full.ts";
import { t } from "../../checks/text.ts";
import { defineRaise, doubled } from "./raise-setting.ts";

export const raiseNeighbourTable = defineRaise({
  id: "raise-neighbour-table",
  title: t("Enlarge the neighbour table", "扩大邻居表"),
  check: neighbourTableFull,
  // The hard limit first: the soft one must never be above it.
  keys: ["net.ipv4.neigh.default.gc_thresh3", "net.ipv4.neigh.default.gc_thresh2"],
  next: (value) => doubled(value, 262_144),
});
