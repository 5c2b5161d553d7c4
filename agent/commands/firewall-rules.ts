// Commands firewall.drop-rule and firewall.add-rule: take exactly one blocking rule out of the packet filter, and put exactly such a rule back. What was
// taken out is kept on the node for a day; nothing else can be put in, once, at its old place: no command opens or redirects what was not so before.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { canonicalJson } from "../../protocol/canonical-json.ts";
import type { CommandParams } from "../../protocol/commands.ts";
import { Failure, Refusal } from "../host/errors.ts";
import { readText, writeDurably } from "../host/file.ts";
import { iptablesOf, parseRules, sameRule, targetOf } from "../host/iptables.ts";
import { run } from "../host/run.ts";
import { type CommandContext, defineCommand } from "./define.ts";

type Rule = CommandParams<"firewall.drop-rule">;

/** Rules that only stop packets: to take one out restores what the chain says without it. */
const BLOCKING = new Set(["DROP", "REJECT"]);
/** Chains that a daemon keeps as it wants them: what it takes for wrong it puts right itself, and what is right there is not ours to judge. */
const MANAGED =
  /^(KUBE-|cali-|CILIUM_|OLD_CILIUM|DOCKER(?!-USER)|FLANNEL-|CNI-|LIBVIRT_|f2b-|ufw6?-|IN_|OUT_|FWD[IO]?_|INPUT_|FORWARD_|OUTPUT_|NETAVARK|WEAVE|AWS-|ISTIO_|POUCH|TERWAY|ANTREA-)/i;
const KEPT_MAX = 200;
/** An undo is wanted soon or not at all: a rule of long ago may refuse what is wanted by now. */
const KEPT_MS = 24 * 3_600_000;

const Kept = z.array(z.object({ hash: z.string(), position: z.number(), at: z.number() }));

const keptFile = (ctx: CommandContext): string => join(ctx.paths.backups, "firewall-rules.json");

const hashOf = ({ family, backend, table, chain, rule }: Rule): string =>
  createHash("sha256").update(canonicalJson({ family, backend, table, chain, rule })).digest("hex");

/** What was taken out lately and is not back. */
function kept(ctx: CommandContext): z.infer<typeof Kept> {
  try {
    const all = Kept.parse(JSON.parse(readText(keptFile(ctx)) ?? "[]"));
    return all.filter(({ at }) => Math.abs(Date.now() - at) < KEPT_MS);
  } catch {
    return []; // damaged: nothing can be put back by command
  }
}

const keep = (ctx: CommandContext, all: z.infer<typeof Kept>): void =>
  writeDurably(keptFile(ctx), JSON.stringify(all.slice(-KEPT_MAX)));

/** What a rule asks of a packet: its words before the target, comments left out. */
function matchesOf(rule: readonly string[]): string[] {
  const end = rule.findIndex((word) => /^(-j|-g|--jump|--goto)$/.test(word));
  const words = end < 0 ? [...rule] : rule.slice(0, end);
  const at = words.indexOf("--comment");
  const isLoaded = words[at - 1] === "comment" && words[at - 2] === "-m";
  if (at >= 0) words.splice(isLoaded ? at - 2 : at, isLoaded ? 4 : 2);
  return words;
}

/** Device behind one of these flags; null where there is none or it is negated. */
const deviceOf = (words: readonly string[], ...flags: string[]): string | null => {
  const at = words.findIndex((word) => flags.includes(word));
  return at < 0 || words[at - 1] === "!" ? null : (words[at + 1] ?? null);
};

/** Why a rule may not be taken out, whoever asks; null when it may. Only what was put before forwarded traffic of somebody in particular goes. */
export function reasonToKeep({ table, chain, rule }: Pick<Rule, "table" | "chain" | "rule">): [string, string] | null {
  if (!BLOCKING.has(targetOf(rule) ?? "")) return ["not-blocking", "only rules that drop or reject are taken out"];
  if (table !== "filter") return ["not-filter", `rules of the table ${table} stay`];
  if (chain === "INPUT" || chain === "OUTPUT") return ["own-defence", `${chain} is the node's own defence`];
  if (MANAGED.test(chain)) return ["managed", `${chain} belongs to a daemon that keeps it`];
  const words = matchesOf(rule);
  if (words.length === 0) return ["refuses-all", "a rule that names nobody is a firewall's default, not a left-over"];
  const from = deviceOf(words, "-i", "--in-interface");
  if (from !== null && from === deviceOf(words, "-o", "--out-interface"))
    return ["isolation", `it keeps those behind ${from} apart from each other`];
  return null;
}

/** The program and the chain's rules now. @throws Refusal when the chain cannot be read */
async function look(target: Rule): Promise<{ program: string; rules: string[][] }> {
  const program = await iptablesOf(target);
  if (program === null)
    throw new Refusal("no-tool", `there is no iptables for ${target.family} and ${target.backend} on this node`);
  const argv = [program, "-w", "5", "-t", target.table, "-S", target.chain];
  const listing = await run(argv, { timeoutMs: 10_000, maxBytes: 16 * 1024 * 1024 });
  if (listing.code !== 0)
    throw new Refusal("target-gone", listing.stderr.trim() || `chain ${target.chain} cannot be read`);
  return { program, rules: parseRules(listing.stdout, target.chain) };
}

export const firewallDropRule = defineCommand({
  type: "firewall.drop-rule",
  affects: ["firewall"],
  timeoutMs: 30_000,
  async run(target, ctx) {
    const reason = reasonToKeep(target);
    if (reason) throw new Refusal(...reason);
    const { program, rules } = await look(target);
    const position = rules.findIndex((rule) => sameRule(rule, target.rule)) + 1;
    if (position === 0) throw new Refusal("target-gone", `${target.chain} has no such rule (any more)`);
    const others = kept(ctx).filter(({ hash }) => hash !== hashOf(target));
    keep(ctx, [...others, { hash: hashOf(target), position, at: Date.now() }]);
    const argv = [program, "-w", "5", "-t", target.table, "-D", target.chain, ...target.rule];
    const result = await run(argv, { timeoutMs: 10_000 });
    const after = (await look(target)).rules;
    if (result.code !== 0)
      throw new Failure("not-dropped", result.stderr.trim() || "the rule is still there", after.length < rules.length);
    return {
      message: `rule ${position} of ${target.chain} was taken out: ${target.rule.join(" ")}`,
      changed: true,
      output: { position, before: rules.length, after: after.length },
    };
  },
});

export const firewallAddRule = defineCommand({
  type: "firewall.add-rule",
  affects: ["firewall"],
  timeoutMs: 30_000,
  async run({ position, ...target }, ctx) {
    const entry = kept(ctx).find(({ hash }) => hash === hashOf(target));
    if (!entry)
      throw new Refusal(
        "not-taken-out",
        "only a rule that was taken out here within the last day can be put back, once",
      );
    if (entry.position !== position)
      throw new Refusal("other-place", `it stood at ${entry.position} of ${target.chain}, not at ${position}`);
    const { program, rules } = await look(target);
    const isBack = () =>
      keep(
        ctx,
        kept(ctx).filter(({ hash }) => hash !== entry.hash),
      );
    if (rules.some((rule) => sameRule(rule, target.rule))) {
      isBack();
      return { message: `${target.chain} has the rule already`, changed: false, output: { before: rules.length } };
    }
    const at = Math.min(position, rules.length + 1);
    const argv = [program, "-w", "5", "-t", target.table, "-I", target.chain, String(at), ...target.rule];
    const result = await run(argv, { timeoutMs: 10_000 });
    if (result.code !== 0) throw new Failure("not-added", result.stderr.trim() || `exit ${result.code}`, false);
    isBack();
    const after = (await look(target)).rules;
    return {
      message: `the rule is back in ${target.chain} at ${at}`,
      changed: true,
      output: { position: at, before: rules.length, after: after.length },
    };
  },
});
