// Which REJECT and DROP rules hit pods although nobody known made them. Shared by check and repair.
import type { FactData } from "../../protocol/facts.ts";
import { overlaps } from "./pod-paths.ts";

export type Firewall = FactData["firewall"];
export type Refusal = Firewall["refusals"][number];

/** Link-local addresses hold a cloud's metadata service: keeping pods away from it is somebody's policy. */
const METADATA = "169.254.0.0/16";

const touches = (cidr: string | null, ranges: readonly string[]): boolean =>
  cidr !== null && !/\/0$/.test(cidr) && ranges.some((range) => overlaps(cidr, range));

/** Does the rule name pods: their range, or a device of theirs? */
export function namesPods(rule: Refusal, ranges: readonly string[], devices: ReadonlySet<string>): boolean {
  const isTheirs = (name: string | null) =>
    name !== null &&
    (devices.has(name) || [...devices].some((d) => name.endsWith("+") && d.startsWith(name.slice(0, -1))));
  return (
    touches(rule.source, ranges) ||
    touches(rule.destination, ranges) ||
    isTheirs(rule.inDevice) ||
    isTheirs(rule.outDevice)
  );
}

/** From one bridge back into it: containers are kept apart so (Docker's icc=false writes it into FORWARD without a comment). */
const isIsolation = ({ inDevice, outDevice, rule }: Refusal): boolean =>
  inDevice !== null && inDevice === outDevice && !rule.includes("!");

/** The rule says nothing of whom it is for: every packet that comes to it is refused. */
export const isBare = (rule: Refusal): boolean =>
  rule.source === null &&
  rule.destination === null &&
  rule.inDevice === null &&
  rule.outDevice === null &&
  !rule.isNarrow;

/** How firewalld and iptables-services write their own "deny the rest". */
const DEFAULT_DENY = /^icmp6?-(host|adm)-prohibited$/;
const KEEPERS = new Set(["firewalld", "ufw"]);

/**
 * A chain that ends by refusing the rest is how firewalls are built: only a bare rule with others behind it, on a node without a firewall that keeps
 * such rules, is one that somebody put in the way. Where nobody says what is behind it, it counts as the end.
 */
function isInTheWay(rule: Refusal, firewall: Firewall): boolean {
  const owners = rule.backend === "legacy" ? firewall.legacyOwners : firewall.nftOwners;
  return (
    rule.isLast === false &&
    !rule.rule.some((word) => DEFAULT_DENY.test(word)) &&
    !owners.some((owner) => KEEPERS.has(owner))
  );
}

/**
 * Rules that take traffic from pods: they name pods, or they stand in FORWARD before others, name nobody and were hit. Narrow ones (ports, states)
 * count only when they name pods and were hit.
 */
export function hitsPods(rule: Refusal, firewall: Firewall, devices: ReadonlySet<string>): boolean {
  if (rule.destination !== null && overlaps(rule.destination, METADATA)) return false;
  if (isIsolation(rule)) return false;
  const ranges = firewall.podRanges;
  if (namesPods(rule, ranges, devices)) return !rule.isNarrow || rule.packets > 0;
  return (
    rule.chain === "FORWARD" && isBare(rule) && rule.packets > 0 && ranges.length > 0 && isInTheWay(rule, firewall)
  );
}

/** What a repair may take out: a rule of FORWARD that says whom it is for. Others are a node's own defence, or everybody's; people decide. */
export const isRemovable = (rule: Refusal): boolean => rule.chain === "FORWARD" && !isBare(rule) && !isIsolation(rule);

/** Names of devices through which pods are reached. */
export const podDevices = (podNetwork: FactData["podNetwork"] | null | undefined): ReadonlySet<string> =>
  new Set([
    ...(podNetwork?.bridges ?? []).filter((b) => b.owner !== "other").map((b) => b.name),
    ...(podNetwork?.links ?? []).flatMap((l) => (l.device === null ? [] : [l.device])),
  ]);

/** What tells a rule from every other: place in the file apart, which moves. */
export const ruleKey = (rule: Refusal): string => `${rule.backend} ${rule.family} ${rule.chain} ${rule.rule.join(" ")}`;
