// What `nft -j` says of chains that iptables-save does not show.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { release, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { foreignForwardChains, hasRules, nftIsAskable } from "./firewall-foreign.ts";

const chain = (family: string, table: string, name: string, over: object = {}) => ({
  chain: { family, table, name, handle: 1, type: "filter", hook: "forward", prio: 0, policy: "accept", ...over },
});
const listing = (...rows: object[]) =>
  JSON.stringify({
    nftables: [{ metainfo: { version: "1.0.6", release_name: "Lester Gooch #5", json_schema_version: 1 } }, ...rows],
  });

describe("chains at the forward hook", () => {
  it.each([
    ["firewalld", chain("inet", "firewalld", "filter_FORWARD", { prio: 10 }), ["inet firewalld"]],
    ["Docker with nftables", chain("ip", "docker-bridges", "filter-FORWARD"), ["ip docker-bridges"]],
    ["kube-proxy with nftables", chain("ip", "kube-proxy", "filter-forward", { prio: -110 }), ["ip kube-proxy"]],
    ["somebody's own", chain("inet", "filter", "forward", { policy: "drop" }), ["inet filter"]],
    ["iptables-nft", chain("ip", "filter", "FORWARD", { policy: "drop" }), []],
    ["iptables-nft, mangle", chain("ip6", "mangle", "FORWARD", { prio: -150 }), []],
    ["input only", chain("inet", "f2b-table", "f2b-chain", { hook: "input" }), []],
    ["a chain without a hook", { chain: { family: "inet", table: "filter", name: "mine", handle: 2 } }, []],
    ["NAT", chain("inet", "nat", "x", { type: "nat", hook: "postrouting" }), []],
  ])("%s", (_name, row, tables) =>
    expect(foreignForwardChains(listing(row))?.map(({ family, table }) => `${family} ${table}`)).toEqual(tables),
  );

  it("an nft without JSON says nothing", () => {
    expect(foreignForwardChains("Error: syntax error")).toBeNull();
    expect(foreignForwardChains("{}")).toBeNull();
    expect(hasRules("")).toBeNull();
  });

  it("knows an empty chain", () => {
    const empty = chain("inet", "filter", "forward");
    const rule = { rule: { family: "inet", table: "filter", chain: "forward", handle: 4, expr: [{ drop: null }] } };
    expect(hasRules(listing(empty))).toBe(false);
    expect(hasRules(listing(empty, rule))).toBe(true);
  });
});

it("asks nothing that would load a module", () => {
  const root = mkdtempSync(join(tmpdir(), "nft-"));
  const modules = join(root, "lib/modules", release());
  expect(nftIsAskable(root)).toBe(true); // built in, or not to be had
  mkdirSync(modules, { recursive: true });
  writeFileSync(
    join(modules, "modules.dep"),
    "kernel/net/netfilter/nf_tables.ko.xz: kernel/net/netfilter/nfnetlink.ko.xz\n",
  );
  expect(nftIsAskable(root)).toBe(false);
  mkdirSync(join(root, "sys/module/nf_tables"), { recursive: true });
  expect(nftIsAskable(root)).toBe(true);
  rmSync(root, { recursive: true });
});
