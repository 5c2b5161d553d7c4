// Which pinned network namespaces nobody needs any more: no process lives there, no listed pod has it. Shared by check and repair.
import type { FactData, Facts } from "../../protocol/facts.ts";

export type Space = FactData["podNetwork"]["namespaces"][number];

/** The folder in which namespaces of containers are pinned; Docker keeps some without a process on purpose (overlay networks, load balancers). */
export const NETNS_FOLDER = "/run/netns";
/** Names as container runtimes and CNI tools give them; what people pinned (a router, a VPN) is theirs, with or without a process in it. */
export const BY_RUNTIME =
  /^((cni|netns|cnitool)-[0-9a-z-]{8,64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{12,64})$/;
/** Devices that every new namespace has by itself when their module is loaded. */
const BY_ITSELF = /^(loopback|sit|ipip|gre|gretap|erspan|ip6tnl|ip6gre|ip_vti|vti|vti6|tunnel|tunnel6|gre6)$/;

/** Devices that somebody put in. */
export const putIn = (space: Space) => (space.devices ?? []).filter((d) => d.name !== "lo" && !BY_ITSELF.test(d.kind));

/** MACs that the node's own records know: names claimed in udev rules, and cards that were given to somebody. */
export const recordedMacs = (facts: Facts): ReadonlySet<string> =>
  new Set([
    ...(facts.network?.data?.claimedNames ?? []).map((claim) => claim.mac.toLowerCase()),
    ...(facts.cards?.data?.expected ?? []).map((card) => card.mac.toLowerCase()),
  ]);

/** Cards: devices without a kind of their own (the machine's or hypervisor's), and whatever bears a recorded MAC. */
export const cardsIn = (space: Space, recorded: ReadonlySet<string>) =>
  putIn(space).filter((d) => d.mac !== null && (d.kind === "ether" || recorded.has(d.mac.toLowerCase())));

/** Nobody lives there and no listed pod has it. */
export function isLeaked(space: Space): boolean {
  if (space.folder !== NETNS_FOLDER || space.processes > 0 || !space.isSettled || space.isListed !== false)
    return false;
  return BY_RUNTIME.test(space.name);
}
