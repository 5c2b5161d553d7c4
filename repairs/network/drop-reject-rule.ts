// Repair: take out one packet filter rule that refuses pods' traffic and that nobody known made; it can be put back at its place.
import { isRemovable, type Refusal, ruleKey } from "../../checks/network/reject-rules.ts";
import { unexpectedRejectRule } from "../../checks/network/unexpected-reject-rule.ts";
import { t } from "../../checks/text.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh } from "../guards.ts";
import { guard, problemNow, stillRaised } from "./still.ts";

const rulesOf = (ctx: RepairContext): Refusal[] =>
  problemNow(ctx, unexpectedRejectRule)
    ? (ctx.facts.firewall?.data?.refusals ?? []).filter((r) => ruleKey(r) === ctx.finding.subject)
    : [];

const paramsOf = ({ family, backend, chain, rule }: Refusal) => ({
  family,
  backend,
  table: "filter" as const,
  chain,
  rule: [...rule],
});

/** A rule that a command can name: every word has text, without control characters. */
const isNameable = ({ rule, chain }: Refusal): boolean =>
  rule.length > 0 &&
  rule.length <= 64 &&
  /^[A-Za-z0-9_][A-Za-z0-9_:.-]{0,28}$/.test(chain) &&
  rule.every((word) => /^[^\p{Cc}]{1,256}$/u.test(word));

export const dropRejectRule = defineRepair({
  id: "drop-reject-rule",
  title: t("Take the rule out", "移除该防火墙规则"),
  risk: "disruptive",
  verifies: ["unexpected-reject-rule"],
  // There may be several such rules: this one is taken out.
  verifiesOwnOnly: true,
  settleMs: 2_000,
  verifyWithinMs: 120_000,
  guards: (ctx) => {
    const rules = rulesOf(ctx);
    return [
      factsFresh(ctx, ["firewall"]),
      stillRaised(ctx, unexpectedRejectRule),
      guard(
        "exactly-one",
        "It stands exactly once in its chain",
        "该规则在链中恰好出现一次",
        rules.length === 1,
        `${rules.length} such rules`,
      ),
      guard(
        "says-for-whom",
        "It stands in FORWARD and says whom it is for",
        "位于 FORWARD 链且指明了对象",
        rules.length > 0 && rules.every(isRemovable),
        rules[0]
          ? `${rules[0].chain}: ${rules[0].rule.join(" ")}${isRemovable(rules[0]) ? "" : ", a rule that people must judge"}`
          : "no such rule",
      ),
      guard(
        "nameable",
        "It can be named exactly",
        "可被精确指定",
        rules.every(isNameable) && rules.length > 0,
        rules[0]?.rule.join(" ") ?? "no such rule",
      ),
    ];
  },
  plan: (ctx) => {
    const [rule] = rulesOf(ctx);
    if (!rule || !isNameable(rule) || !isRemovable(rule))
      return { nothing: t("The rule is not there any more.", "该规则已不存在。") };
    return {
      evidence: { sections: ["firewall", "network"] },
      steps: [
        {
          title: t(
            `Take rule ${rule.position} out of ${rule.chain}`,
            `从 ${rule.chain} 移除第 ${rule.position} 条规则`,
          ),
          action: { type: "firewall.drop-rule", params: paramsOf(rule) },
        },
      ],
      touches: t(
        "Takes out one rule; every other rule stays. It can be put back at its place.",
        "仅移除一条规则，其余不变；可在原位置恢复。",
      ),
    };
  },
  undo: (ctx, done) =>
    [...done].reverse().flatMap(({ step, result }) => {
      if (step.action.type !== "firewall.drop-rule" || !result.changed) return [];
      const { params } = step.action;
      // The place it had; the agent says so too, and what the finding's facts knew is as good.
      const known = (ctx.facts.firewall?.data?.refusals ?? []).find(
        (r) => r.chain === params.chain && r.rule.join(" ") === params.rule.join(" "),
      );
      const told = result.output.position;
      const position = typeof told === "number" && told > 0 ? told : (known?.position ?? 1);
      return [
        {
          title: t(
            `Put the rule back as number ${position} of ${params.chain}`,
            `将规则恢复为 ${params.chain} 的第 ${position} 条`,
          ),
          action: { type: "firewall.add-rule", params: { ...params, position } },
        },
      ];
    }),
});
