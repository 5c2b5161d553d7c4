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

/**
 * Rules that take traffic from pods: they name pods, or they stand in FORWARD, name nobody and were hit. Narrow ones (ports, states) count only
 * when they name pods and were hit.
 */
export function hitsPods(rule: Refusal, ranges: readonly string[], devices: ReadonlySet<string>): boolean {
  if (rule.destination !== null && overlaps(rule.destination, METADATA)) return false;
  if (namesPods(rule, ranges, devices)) return !rule.isNarrow || rule.packets > 0;
  const namesNobody =
    rule.source === null && rule.destination === null && rule.inDevice === null && rule.outDevice === null;
  return rule.chain === "FORWARD" && namesNobody && !rule.isNarrow && rule.packets > 0 && ranges.length > 0;
}

/** Names of devices through which pods are reached. */
export const podDevices = (podNetwork: FactData["podNetwork"] | null | undefined): ReadonlySet<string> =>
  new Set([
    ...(podNetwork?.bridges ?? []).filter((b) => b.owner !== "other").map((b) => b.name),
    ...(podNetwork?.links ?? []).flatMap((l) => (l.device === null ? [] : [l.device])),
  ]);

/** What tells a rule from every other: place in the file apart, which moves. */
export const ruleKey = (rule: Refusal): string => `${rule.backend} ${rule.family} ${rule.chain} ${rule.rule.join(" ")}`;
