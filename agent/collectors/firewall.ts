// Fact "firewall": how many packet filter rules there are and whose, refusals that stand in the main chains, host ports that a CNI takes away.
import { readdirSync, readlinkSync } from "node:fs";
import type { FactData } from "../../protocol/facts.ts";
import { readText } from "../host/file.ts";
import { significant } from "../host/round.ts";
import { run } from "../host/run.ts";
import { cniFolders } from "./cni.ts";
import { type CollectorContext, defineCollector } from "./define.ts";
import { foreignTables, nftIsAskable } from "./firewall-foreign.ts";
import { parseListeners, parseSave, type SavedRules } from "./firewall-rules.ts";
import { cniTexts, hostLocalRanges } from "./pod-leases.ts";

type Firewall = FactData["firewall"];

const EVERY_MS = 15_000;
/** Looking takes at most this share of the time: a node with ten thousand rules is looked at less often. */
const SHARE_MAX = 0.01;
/** But never less often than this, ms: a fact is believed to be as young as its look. */
const AGE_MAX_MS = 45_000;

let last: { at: number; tookMs: number; data: Firewall } | null = null;

const listings = [
  { family: "ipv4", backend: "legacy", argv: ["iptables-legacy-save", "-c"], names: "/proc/net/ip_tables_names" },
  { family: "ipv6", backend: "legacy", argv: ["ip6tables-legacy-save", "-c"], names: "/proc/net/ip6_tables_names" },
  { family: "ipv4", backend: "nft", argv: ["iptables-nft-save", "-c"], names: null },
  { family: "ipv6", backend: "nft", argv: ["ip6tables-nft-save", "-c"], names: null },
] as const;

const NOTHING: SavedRules = { rules: 0, owners: [], refusals: [], redirects: [] };

type Listing = { backend: "legacy" | "nft"; saved: SavedRules | null };

async function list({ family, backend, argv, names }: (typeof listings)[number]): Promise<Listing> {
  // The legacy tool would load its kernel modules: it is asked only where tables are there already.
  if (names !== null && !readText(names)) return { backend, saved: NOTHING };
  // The other one would load nf_tables on a node that has only legacy rules.
  if (backend === "nft" && !nftIsAskable()) return { backend, saved: NOTHING };
  const { code, stdout } = await run([...argv], { timeoutMs: 8_000, maxBytes: 32 * 1024 * 1024 });
  return { backend, saved: code === 0 ? parseSave(stdout, { family, backend }) : null };
}

/** A node with one tool under the plain name: which backend it speaks, its version says. */
async function listPlain(): Promise<Listing[]> {
  const version = await run(["iptables", "--version"], { timeoutMs: 3_000 });
  if (version.code !== 0) return [];
  const backend = version.stdout.includes("nf_tables") ? ("nft" as const) : ("legacy" as const);
  if (backend === "legacy" && !readText("/proc/net/ip_tables_names")) return [];
  const { code, stdout } = await run(["iptables-save", "-c"], { timeoutMs: 8_000, maxBytes: 32 * 1024 * 1024 });
  return [{ backend, saved: code === 0 ? parseSave(stdout, { family: "ipv4", backend }) : null }];
}

/** Programs that hold a port open only so that nobody else takes it. */
const HOLDERS = /^(conmon|crio|docker-proxy|pouchd|dockerd|containerd|kube-proxy|rootlessport|slirp4netns)$/;

/** comm of the process that has a socket; walks all open files, asked only for ports that are redirected and listened on. */
function programOf(inode: string, pids: readonly { pid: number; name: string }[]): string | null {
  for (const { pid, name } of pids) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`))
        if (readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`) return name;
    } catch {
      // gone, or an open file was closed meanwhile
    }
  }
  return null;
}

const programs = new Map<string, string | null>();

function hidden(ctx: CollectorContext, redirects: SavedRules["redirects"]): Firewall["hiddenPorts"] {
  if (redirects.length === 0) return [];
  const listeners = (["tcp", "udp"] as const).flatMap((protocol) =>
    ["", "6"].flatMap((version) => parseListeners(readText(`/proc/net/${protocol}${version}`) ?? "", protocol)),
  );
  const found = new Map<string, Firewall["hiddenPorts"][number]>();
  for (const { port, protocol, to } of redirects) {
    const listener = listeners.find((l) => l.port === port && l.protocol === protocol);
    if (!listener) continue;
    if (programs.size > 200) programs.clear();
    if (!programs.has(listener.inode))
      programs.set(listener.inode, programOf(listener.inode, ctx.table.read(5_000).all));
    const program = programs.get(listener.inode) ?? null;
    if (program && !HOLDERS.test(program)) found.set(`${protocol} ${port}`, { port, protocol, program, to });
  }
  return [...found.values()].slice(0, 100);
}

/** Ranges from which pods have addresses: what the CNI files say, and what container bridges bear. */
function podRanges(ctx: CollectorContext): string[] {
  const configured = cniTexts(cniFolders(ctx).confDir).flatMap(({ text }) => hostLocalRanges(text)?.subnets ?? []);
  const bridged = (ctx.latest("podNetwork")?.bridges ?? [])
    .filter((b) => b.owner !== "other")
    .flatMap((b) => b.addresses);
  return [...new Set([...configured, ...bridged.filter((a) => !a.startsWith("fe80:"))])].sort().slice(0, 100);
}

export const firewall = defineCollector({
  kind: "firewall",
  everyMs: EVERY_MS,
  timeoutMs: 20_000,
  read: async (ctx) => {
    const began = performance.now();
    if (last && began - last.at < Math.min(last.tookMs / SHARE_MAX, AGE_MAX_MS)) return last.data;
    const all: Listing[] = [];
    for (const listing of listings) all.push(await list(listing));
    if (all.every(({ backend, saved }) => backend === "legacy" || saved === null)) all.push(...(await listPlain()));
    const of = (backend: "legacy" | "nft") => all.flatMap((l) => (l.backend === backend && l.saved ? [l.saved] : []));
    const count = (backend: "legacy" | "nft") =>
      of(backend).length === 0 ? null : significant(of(backend).reduce((sum, saved) => sum + saved.rules, 0));
    const ownersOf = (backend: "legacy" | "nft") => [...new Set(of(backend).flatMap((saved) => saved.owners))].sort();
    const saved = [...of("legacy"), ...of("nft")];
    const data: Firewall = {
      legacyRules: count("legacy"),
      nftRules: count("nft"),
      legacyOwners: ownersOf("legacy"),
      nftOwners: ownersOf("nft"),
      refusals: saved
        .flatMap(({ refusals }) => refusals.map((refusal) => ({ ...refusal, packets: significant(refusal.packets) })))
        .slice(0, 100),
      foreignTables: await foreignTables(),
      podRanges: podRanges(ctx),
      hiddenPorts: hidden(
        ctx,
        saved.flatMap(({ redirects }) => redirects),
      ),
    };
    last = { at: began, tookMs: performance.now() - began, data };
    return data;
  },
});
