// Who owns which interface name: NICs that are not under the name that a udev rule promises them, and names that were promised twice.
// The story behind it: a NIC moves into a container's network namespace, udev sees its name free and gives it to a card that is plugged in;
// when the container ends, the first NIC cannot get its name back ("File exists"), stays under a fallback name, and the next container does not find it.
import type { FactData } from "../protocol/facts.ts";

export type Nic = FactData["network"]["interfaces"][number];
export type Claim = FactData["network"]["claimedNames"][number];

/** A NIC under the wrong name. `holder` has the name that it should have; `wanted` is null when nobody says which. */
export type LostNic = { nic: Nic; wanted: string | null; claim: Claim | null; holder: Nic | null; temporary: boolean };
/** One name promised to several MACs. */
export type DoubleClaim = { name: string; claims: Claim[] };

/** Fallback names: the kernel's dev<ifindex> when a dying namespace gives a NIC back, udev's rename<ifindex>, and CNI plugins' leftovers. */
const TEMPORARY = /^(dev\d+|rename\d+|tmp[-_]?[a-z0-9]+|[a-z]+\d+[-_](tmp|old|lost)\d*)$/;
/** Devices that borrow the MAC of another and never own a persistent name. */
const BORROWS_MAC = new Set(["bond", "team", "vlan", "macvlan", "macvtap", "ipvlan", "vrf"]);

const sameMac = (a: string | null, b: string): boolean => a !== null && a.toLowerCase() === b.toLowerCase();

/** Names that nobody has and nobody is promised: `base` of the wanted name with the lowest free number. */
export function freeName(wanted: string, network: FactData["network"]): string {
  const taken = new Set([
    ...network.interfaces.flatMap((nic) => [nic.name, ...nic.altNames]),
    ...network.claimedNames.map((claim) => claim.name),
  ]);
  const base = wanted.replace(/\d+$/, "").slice(0, 11) || "eth";
  for (let n = 0; n <= taken.size; n += 1) if (!taken.has(`${base}${n}`)) return `${base}${n}`;
  return `${base}${taken.size + 1}`;
}

/** NICs of the node that are not under their name. */
export function lostNics(network: FactData["network"]): LostNic[] {
  const lost = new Map<string, LostNic>();
  for (const claim of network.claimedNames) {
    const owners = network.interfaces.filter((nic) => sameMac(nic.mac, claim.mac) && !BORROWS_MAC.has(nic.kind));
    if (owners.some((nic) => nic.name === claim.name || nic.altNames.includes(claim.name))) continue;
    const nic = owners[0];
    // Two claims of one MAC (rule file and .link file): content with either.
    const content = network.claimedNames.some((other) => nic && sameMac(nic.mac, other.mac) && other.name === nic.name);
    if (!nic || content || lost.has(nic.name)) continue;
    const holder = network.interfaces.find((other) => other.name === claim.name) ?? null;
    lost.set(nic.name, { nic, wanted: claim.name, claim, holder, temporary: TEMPORARY.test(nic.name) });
  }
  const missing = network.missingDevices[0];
  for (const nic of network.interfaces) {
    if (lost.has(nic.name) || !TEMPORARY.test(nic.name) || nic.mac === null || BORROWS_MAC.has(nic.kind)) continue;
    // With exactly one device missing and one stray NIC the two belong together; otherwise nobody can say.
    const wanted = network.missingDevices.length === 1 && missing ? missing.name : null;
    lost.set(nic.name, { nic, wanted, claim: null, holder: null, temporary: true });
  }
  return [...lost.values()];
}

/** Names promised to more than one MAC, apart from those that a lost NIC already tells of. */
export function doubleClaims(network: FactData["network"], lost: readonly LostNic[]): DoubleClaim[] {
  const told = new Set(lost.map((l) => l.wanted));
  const byName = new Map<string, Claim[]>();
  for (const claim of network.claimedNames) {
    const claims = byName.get(claim.name) ?? [];
    if (!claims.some((c) => sameMac(c.mac, claim.mac))) claims.push(claim);
    byName.set(claim.name, claims);
  }
  return [...byName]
    .filter(([name, claims]) => claims.length > 1 && !told.has(name))
    .map(([name, claims]) => ({ name, claims }));
}
