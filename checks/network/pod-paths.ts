// What several network checks ask of the facts: which bridge a pod's address belongs to, which links are sound, whether an address lies in a range.
import type { FactData } from "../../protocol/facts.ts";

export type PodNetwork = FactData["podNetwork"];
export type Link = PodNetwork["links"][number];
export type Bridge = PodNetwork["bridges"][number];

/** An IPv4 address as a number, null for anything else. */
export function addressNumber(text: string): number | null {
  const parts = text.split(".").map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : 256));
  if (parts.length !== 4 || parts.some((part) => part > 255)) return null;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

/** First and last address of a CIDR (or of a single address); null for IPv6 and what cannot be read. */
export function span(cidr: string): [number, number] | null {
  const [address = "", bits = "32"] = cidr.split("/");
  const number = addressNumber(address);
  const length = Number(bits);
  if (number === null || !Number.isInteger(length) || length < 0 || length > 32) return null;
  const size = 2 ** (32 - length);
  const first = Math.floor(number / size) * size;
  return [first, first + size - 1];
}

/** Do two ranges share an address? */
export function overlaps(a: string, b: string): boolean {
  const [left, right] = [span(a), span(b)];
  return left !== null && right !== null && left[0] <= right[1] && right[0] <= left[1];
}

/** The container bridge from whose range a pod has its address. */
export function homeBridge(link: Link, bridges: readonly Bridge[]): Bridge | undefined {
  const address = link.address;
  if (address === null) return undefined;
  return bridges.find(
    ({ owner, addresses }) =>
      owner !== "other" && addresses.some((cidr) => !/\/(0|32)$/.test(cidr) && overlaps(address, cidr)),
  );
}

/** Names that plugins give to the host's ends of pods that are routed, not bridged: Calico, Terway; Cilium; AWS; Azure; GKE. */
const ROUTED = /^(cali|lxc|eni|azv|gke)/;

type Paths = Pick<PodNetwork, "bridges" | "links">;

/**
 * The bridge in which a pod's end must be. Its range alone says nothing: the bridge of a former plugin stays until the next boot with the range that
 * the present one uses, and a wide range covers another engine's. So the node must send the pod's packets there, and another pod must be in it.
 */
export function bridgeFor(link: Link, { bridges, links }: Paths): Bridge | undefined {
  const home = homeBridge(link, bridges);
  if (!home || (link.device !== null && ROUTED.test(link.device))) return undefined;
  const isUsed = links.some((other) => other.podId !== link.podId && other.master === home.name);
  return link.routeDevice === home.name && isUsed ? home : undefined;
}

/** What is wrong with the way from a pod to the node; null when it is sound or nobody can say. */
export function linkFault(link: Link, paths: Paths): "HostEndMissing" | "HostEndDown" | "NotInBridge" | null {
  const home = bridgeFor(link, paths);
  if (link.device === null) return home ? "HostEndMissing" : null;
  if (!link.up) return "HostEndDown";
  return home && link.master === null ? "NotInBridge" : null;
}

/** The pod's link and its bridge carry traffic. */
export function isSound(link: Link, paths: Paths): boolean {
  const bridge = paths.bridges.find((b) => b.name === link.master);
  return linkFault(link, paths) === null && link.device !== null && (bridge === undefined || bridge.up);
}
