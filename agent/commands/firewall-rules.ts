// Commands firewall.drop-rule and firewall.add-rule: take exactly one blocking rule out of the packet filter, and put exactly such a rule back. What was
// taken out is kept on the node; nothing else can be put in, so that no command can open or redirect what was not so before.
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
const MANAGED = /^(KUBE-|cali-|CILIUM_|DOCKER(?!-USER)|FLANNEL-|CNI-|LIBVIRT_|f2b-|ufw6?-)/;
const KEPT_MAX = 200;

const Kept = z.array(z.object({ hash: z.string(), position: z.number(), at: z.number() }));

const keptFile = (ctx: CommandContext): string => join(ctx.paths.backups, "firewall-rules.json");

const hashOf = ({ family, backend, table, chain, rule }: Rule): string =>
  createHash("sha256").update(canonicalJson({ family, backend, table, chain, rule })).digest("hex");

function kept(ctx: CommandContext): z.infer<typeof Kept> {
  try {
    return Kept.parse(JSON.parse(readText(keptFile(ctx)) ?? "[]"));
  } catch {
    return []; // damaged: nothing can be put back by command
  }
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
    const { program, rules } = await look(target);
    const position = rules.findIndex((rule) => sameRule(rule, target.rule)) + 1;
    if (position === 0) throw new Refusal("target-gone", `${target.chain} has no such rule (any more)`);
    if (!BLOCKING.has(targetOf(target.rule) ?? ""))
      throw new Refusal("not-blocking", "only rules that drop or reject are taken out");
    if (MANAGED.test(target.chain)) throw new Refusal("managed", `${target.chain} belongs to a daemon that keeps it`);
    const others = kept(ctx).filter(({ hash }) => hash !== hashOf(target));
    const all = [...others, { hash: hashOf(target), position, at: Date.now() }].slice(-KEPT_MAX);
    writeDurably(keptFile(ctx), JSON.stringify(all));
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
    if (!kept(ctx).some(({ hash }) => hash === hashOf(target)))
      throw new Refusal("not-taken-out", "only a rule that was taken out on this node can be put back");
    const { program, rules } = await look(target);
    if (rules.some((rule) => sameRule(rule, target.rule)))
      return { message: `${target.chain} has the rule already`, changed: false, output: { before: rules.length } };
    const at = Math.min(position, rules.length + 1);
    const argv = [program, "-w", "5", "-t", target.table, "-I", target.chain, String(at), ...target.rule];
    const result = await run(argv, { timeoutMs: 10_000 });
    if (result.code !== 0) throw new Failure("not-added", result.stderr.trim() || `exit ${result.code}`, false);
    const after = (await look(target)).rules;
    return {
      message: `the rule is back in ${target.chain} at ${at}`,
      changed: true,
      output: { position: at, before: rules.length, after: after.length },
    };
  },
});
