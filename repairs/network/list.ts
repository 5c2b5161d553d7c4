// Repairs of the network of node and pods. One import, one line.
import type { RepairDefinition } from "../define.ts";
import { dropNeighbour } from "./drop-neighbour.ts";
import { dropRejectRule } from "./drop-reject-rule.ts";
import { raiseNeighbourTable } from "./raise-neighbour-table.ts";
import { raiseNetdevBacklog } from "./raise-netdev-backlog.ts";
import { raiseTcpMemory } from "./raise-tcp-memory.ts";
import { raiseTcpOrphans } from "./raise-tcp-orphans.ts";
import { reattachPodLink } from "./reattach-pod-link.ts";
import { relaxRpFilter } from "./relax-rp-filter.ts";
import { releaseCniLeases } from "./release-cni-leases.ts";
import { removeLeakedNetns } from "./remove-leaked-netns.ts";
import { setLinkUp } from "./set-link-up.ts";
import { turnOnIpForward } from "./turn-on-ip-forward.ts";

export const networkRepairs = [
  releaseCniLeases,
  removeLeakedNetns,
  setLinkUp,
  reattachPodLink,
  dropNeighbour,
  turnOnIpForward,
  relaxRpFilter,
  dropRejectRule,
  raiseNetdevBacklog,
  raiseNeighbourTable,
  raiseTcpMemory,
  raiseTcpOrphans,
] as const satisfies readonly RepairDefinition[];
