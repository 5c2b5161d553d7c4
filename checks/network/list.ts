// Checks of the network of node and pods. One import, one line.
import type { Check } from "../define.ts";
import { bandwidthCapHit } from "./bandwidth-cap-hit.ts";
import { bondDegraded } from "./bond-degraded.ts";
import { bridgeDown } from "./bridge-down.ts";
import { cniAddressesExhausted } from "./cni-addresses-exhausted.ts";
import { cniLeasesLeaked } from "./cni-leases-leaked.ts";
import { cnmLeftovers } from "./cnm-leftovers.ts";
import { conntrackInsertFailed } from "./conntrack-insert-failed.ts";
import { defaultRouteMissing } from "./default-route-missing.ts";
import { firewallBackendsMixed } from "./firewall-backends-mixed.ts";
import { hostPortHidesPort } from "./host-port-hides-port.ts";
import { interfaceDown } from "./interface-down.ts";
import { interfaceErrors } from "./interface-errors.ts";
import { ipForwardOff } from "./ip-forward-off.ts";
import { ipvsNoBackend } from "./ipvs-no-backend.ts";
import { listenOverflows } from "./listen-overflows.ts";
import { loopbackMissing } from "./loopback-missing.ts";
import { macAddressPolicy } from "./mac-address-policy.ts";
import { neighbourTableFull } from "./neighbour-table-full.ts";
import { neighbourWrong } from "./neighbour-wrong.ts";
import { netnsLeaked } from "./netns-leaked.ts";
import { nicLostInNamespace } from "./nic-lost-in-namespace.ts";
import { nicNamingByOrder } from "./nic-naming-by-order.ts";
import { nicUnclaimed } from "./nic-unclaimed.ts";
import { packetDrops } from "./packet-drops.ts";
import { podLinkBroken } from "./pod-link-broken.ts";
import { podRouteWrong } from "./pod-route-wrong.ts";
import { podWithoutAddress } from "./pod-without-address.ts";
import { retransmitsMany } from "./retransmits-many.ts";
import { rpFilterStrict } from "./rp-filter-strict.ts";
import { softnetDrops } from "./softnet-drops.ts";
import { tcpMemoryPressure } from "./tcp-memory-pressure.ts";
import { tcpOrphansMany } from "./tcp-orphans-many.ts";
import { tunnelNeighbourMissing } from "./tunnel-neighbour-missing.ts";
import { udpBufferErrors } from "./udp-buffer-errors.ts";
import { unexpectedRejectRule } from "./unexpected-reject-rule.ts";

export const networkChecks = [
  interfaceDown,
  loopbackMissing,
  bridgeDown,
  podLinkBroken,
  neighbourWrong,
  ipForwardOff,
  rpFilterStrict,
  unexpectedRejectRule,
  netnsLeaked,
  cniLeasesLeaked,
  cniAddressesExhausted,
  podRouteWrong,
  podWithoutAddress,
  defaultRouteMissing,
  tunnelNeighbourMissing,
  bondDegraded,
  interfaceErrors,
  packetDrops,
  bandwidthCapHit,
  softnetDrops,
  listenOverflows,
  retransmitsMany,
  udpBufferErrors,
  tcpMemoryPressure,
  tcpOrphansMany,
  conntrackInsertFailed,
  neighbourTableFull,
  firewallBackendsMixed,
  hostPortHidesPort,
  ipvsNoBackend,
  cnmLeftovers,
  macAddressPolicy,
  nicLostInNamespace,
  nicUnclaimed,
  nicNamingByOrder,
] as const satisfies readonly Check[];
