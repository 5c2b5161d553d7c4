// Command link.set: sets a network interface up and puts a pod's end into its bridge. Never takes an interface down, out of a bridge, or a card into one.
import { existsSync } from "node:fs";
import { Failure, Refusal } from "../host/errors.ts";
import { readNumber } from "../host/file.ts";
import { run } from "../host/run.ts";
import { defineCommand } from "./define.ts";

/** IFF_UP of linux/if.h. */
const IFF_UP = 1;

export type Link = {
  index: number;
  name: string;
  up: boolean;
  master: string | null;
  kind: string | null;
  address: string | null;
};

/** One interface of `ip -j -d address show dev NAME`. Null when the text says nothing. */
export function parseLink(text: string): Link | null {
  try {
    const [row] = (JSON.parse(text) as Record<string, unknown>[]).filter((r) => typeof r.ifindex === "number");
    if (!row) return null;
    const flags = Array.isArray(row.flags) ? row.flags : [];
    const info = (row.linkinfo ?? {}) as { info_kind?: string };
    const addresses = (Array.isArray(row.addr_info) ? row.addr_info : []) as { local?: string; scope?: string }[];
    return {
      index: row.ifindex as number, // looked at above
      name: String(row.ifname),
      up: flags.includes("UP"),
      master: typeof row.master === "string" ? row.master : null,
      kind: info.info_kind ?? null,
      address: addresses.find((a) => a.scope !== "link")?.local ?? null,
    };
  } catch {
    return null;
  }
}

async function linkOf(name: string): Promise<Link> {
  const listing = await run(["ip", "-j", "-d", "address", "show", "dev", name], { timeoutMs: 5_000 });
  const link = parseLink(listing.stdout);
  if (!link) throw new Refusal("target-gone", listing.stderr.trim() || `there is no interface ${name}`);
  return link;
}

/** Why an interface may not be put into a bridge, or null. */
export function reasonAgainst(link: Link, master: string): string | null {
  if (link.master === master) return null;
  if (link.master !== null) return `${link.name} is in ${link.master}`;
  // A card of the machine in a bridge takes the machine's own addresses off the network.
  if (link.kind !== "veth") return `${link.name} is no pod's interface (${link.kind ?? "a card"})`;
  return link.address === null ? null : `${link.name} has the address ${link.address}`;
}

export const linkSet = defineCommand({
  type: "link.set",
  affects: ["network", "podNetwork"],
  timeoutMs: 20_000,
  async run({ index, name, master }) {
    const before = await linkOf(name);
    if (before.index !== index || before.name !== name)
      throw new Refusal("target-changed", `${name} is interface ${before.index} now, not ${index}`);
    if (master !== null) {
      if (!existsSync(`/sys/class/net/${master}/bridge`))
        throw new Refusal("not-a-bridge", `${master} is not a bridge`);
      const against = reasonAgainst(before, master);
      if (against !== null) throw new Refusal("in-use", against);
    }
    const state = ({ up, master: bridge }: Link) => ({ up, master: bridge });
    if (before.up && (master === null || before.master === master))
      return {
        message: `${name} is as it should be`,
        changed: false,
        output: { before: state(before), after: state(before) },
      };
    const set = async (...args: string[]) => {
      // The name may have gone to another interface between the look and now.
      if (readNumber(`/sys/class/net/${name}/ifindex`) !== index)
        throw new Refusal("target-changed", `${name} is another interface now`);
      const result = await run(["ip", "link", "set", "dev", name, ...args], { timeoutMs: 5_000 });
      if (result.code !== 0)
        throw new Failure(
          "not-set",
          `ip link set ${name} ${args.join(" ")}: ${result.stderr.trim()}`,
          (await linkOf(name)).master !== before.master,
        );
    };
    if (master !== null && before.master !== master) await set("master", master);
    if (!before.up) await set("up");
    const after = await linkOf(name);
    if (!isUp(name) || (master !== null && after.master !== master))
      throw new Failure("not-set", `${name} is ${after.up ? "up" : "down"} in ${after.master ?? "no bridge"}`, true);
    return {
      message: `${name} is up${after.master ? ` in ${after.master}` : ""}`,
      changed: true,
      output: { before: state(before), after: state(after) },
    };
  },
});

const isUp = (name: string): boolean => ((readNumber(`/sys/class/net/${name}/flags`) ?? 0) & IFF_UP) !== 0;
