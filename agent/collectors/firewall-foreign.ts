// Chains of nft(8) that can refuse forwarded packets and that `iptables-save` does not show: firewalld's, Docker's, kube-proxy's own tables.
import { existsSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { readText } from "../host/file.ts";
import { run } from "../host/run.ts";

type Chain = { family: string; table: string; name: string };

/** Tables as iptables-nft makes them: these are read by its own tool. */
const IPTABLES = /^(filter|nat|mangle|raw|security)$/;
const CHAINS_MAX = 16;

type Row = { chain?: Chain & { type?: string; hook?: string; policy?: string }; rule?: unknown };
function rowsOf(json: string): Row[] | null {
  try {
    const parsed: unknown = JSON.parse(json);
    const list = (parsed as { nftables?: unknown } | null)?.nftables;
    return Array.isArray(list) ? (list as Row[]) : null; // every field is looked at before it is used
  } catch {
    return null; // cut short, or an nft without JSON
  }
}

/** Filter chains at the forward hook that are not of iptables-nft, from `nft -j list chains`. Null: not understood. */
export function foreignForwardChains(json: string): (Chain & { drops: boolean })[] | null {
  const rows = rowsOf(json);
  if (!rows) return null;
  return rows.flatMap(({ chain }) => {
    if (chain?.hook !== "forward" || chain.type !== "filter" || !/^(ip|ip6|inet)$/.test(chain.family)) return [];
    if (chain.family !== "inet" && IPTABLES.test(chain.table) && chain.name === "FORWARD") return [];
    return [{ family: chain.family, table: chain.table, name: chain.name, drops: chain.policy === "drop" }];
  });
}

/** Whether a chain has rules, from `nft -j list chain …`. Null: not understood. */
export const hasRules = (json: string): boolean | null => rowsOf(json)?.some(({ rule }) => rule !== undefined) ?? null;

/**
 * Whether asking changes nothing: nf_tables is loaded, built in, or not to be had. Where it lies ready as a module, the first question would load it.
 * @param root for tests
 */
export function nftIsAskable(root = "/"): boolean {
  if (existsSync(join(root, "sys/module/nf_tables"))) return true;
  return !/\/nf_tables\.ko/.test(readText(join(root, "lib/modules", release(), "modules.dep")) ?? "");
}

/** Tables ("inet firewalld") whose chains may refuse what is forwarded; an empty chain that accepts does not. Null: nft(8) cannot say. */
export async function foreignTables(): Promise<string[] | null> {
  if (!nftIsAskable()) return [];
  const ask = async (argv: string[]) => run(["nft", "-j", ...argv], { timeoutMs: 5_000, maxBytes: 8 * 1024 * 1024 });
  const listing = await ask(["list", "chains"]);
  const chains = listing.code === 0 && !listing.truncated ? foreignForwardChains(listing.stdout) : null;
  if (!chains) return null;
  const found = new Set<string>();
  for (const [index, { family, table, name, drops }] of chains.entries()) {
    const key = `${family} ${table}`;
    if (found.has(key)) continue;
    const one = index < CHAINS_MAX && !drops ? await ask(["-t", "list", "chain", family, table, name]) : null;
    // A chain too long to be read has rules.
    if (one?.code !== 0 || one.truncated || hasRules(one.stdout) !== false) found.add(key);
  }
  return [...found].sort();
}
