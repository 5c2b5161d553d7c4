// Command nic.rename: gives a lost network interface a name, and takes a stale claim out of the udev rule that would take it away again.
import { lstatSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseIpJson, parseLinkFile, parseUdevRules } from "../collectors/network.ts";
import { Failure, messageOf, Refusal } from "../host/errors.ts";
import { writeDurably } from "../host/file.ts";
import { run } from "../host/run.ts";
import { type CommandContext, defineCommand } from "./define.ts";

const ruleFolders = new Set(["/etc/udev/rules.d", "/run/udev/rules.d", "/etc/systemd/network", "/run/systemd/network"]);

type Claim = { file: string; mac: string; name: string };

async function interfaces() {
  const listing = await run(["ip", "-j", "-s", "-d", "address", "show"], {
    timeoutMs: 5_000,
    maxBytes: 16 * 1024 * 1024,
  });
  if (listing.code !== 0) throw new Refusal("no-tool", `ip: ${listing.stderr.trim() || "not on this node"}`);
  return parseIpJson(listing.stdout);
}

/** The rule file as it is, with the lines that hold the claim. @throws Refusal when it is not there */
function findClaim(claim: Claim): { text: string; lines: number[]; isLink: boolean } {
  const { file } = claim;
  if (!ruleFolders.has(dirname(file)) || !/\.(rules|link)$/.test(file))
    throw new Refusal("not-a-rule-file", `${file} is not a place for naming rules`);
  let text: string;
  try {
    if (!lstatSync(file).isFile()) throw new Error("not a plain file");
    text = readFileSync(file, "utf8");
  } catch (err) {
    throw new Refusal("target-gone", `${file}: ${messageOf(err)}`);
  }
  const isLink = file.endsWith(".link");
  const claims = isLink ? parseLinkFile(file, text) : parseUdevRules(file, text);
  const lines = claims.filter((c) => c.mac === claim.mac.toLowerCase() && c.name === claim.name).map((c) => c.line);
  if (lines.length === 0)
    throw new Refusal("target-changed", `${file} does not claim ${claim.name} for ${claim.mac} any more`);
  return { text, lines, isLink };
}

/** The rules without the given lines (from 1). */
export const withoutLines = (text: string, lines: readonly number[]): string =>
  text
    .split("\n")
    .filter((_, index) => !lines.includes(index + 1))
    .join("\n");

function dropClaim(ctx: CommandContext, claim: Claim): string {
  const { text, lines, isLink } = findClaim(claim);
  mkdirSync(ctx.paths.backups, { recursive: true, mode: 0o700 });
  const copy = join(ctx.paths.backups, `${basename(claim.file)}.${Date.now()}`);
  writeDurably(copy, text);
  if (isLink) rmSync(claim.file);
  else writeDurably(claim.file, withoutLines(text, lines), 0o644);
  return copy;
}

export const nicRename = defineCommand({
  type: "nic.rename",
  affects: ["network"],
  timeoutMs: 30_000,
  async run({ index, mac, from, to, claim }, ctx) {
    const all = await interfaces();
    const nic = all.find((i) => i.index === index);
    if (!nic || nic.mac?.toLowerCase() !== mac.toLowerCase())
      throw new Refusal("target-changed", `interface ${index} is not ${mac} any more`);
    if (nic.name !== from)
      throw new Refusal("target-changed", `interface ${index} is called ${nic.name} now, not ${from}`);
    if (all.some((i) => i.name === to || i.altNames.includes(to))) throw new Refusal("name-taken", `${to} is taken`);
    const addresses = nic.addresses.filter((a) => !a.startsWith("fe80:"));
    if (nic.up && (addresses.length > 0 || nic.master))
      throw new Refusal("in-use", `${from} is in use: ${[...addresses, nic.master ?? ""].join(" ").trim()}`);
    if (claim) findClaim(claim);
    const ip = async (...args: string[]) => {
      const result = await run(["ip", "link", "set", "dev", ...args], { timeoutMs: 5_000 });
      if (result.code !== 0)
        throw new Failure("not-renamed", `ip link set ${args.join(" ")}: ${result.stderr.trim()}`, false);
    };
    if (nic.up) await ip(from, "down"); // older kernels rename only interfaces that are down
    try {
      await ip(from, "name", to);
    } finally {
      const name = (await interfaces()).find((i) => i.index === index)?.name;
      if (nic.up && name) await ip(name, "up");
    }
    const keptAs = claim ? dropClaim(ctx, claim) : null;
    return {
      message: `${from} is ${to} now${claim ? `, ${basename(claim.file)} no longer claims ${claim.name} for ${claim.mac}` : ""}`,
      changed: true,
      output: { index, mac, from, to, ruleFileKeptAs: keptAs },
    };
  },
});
