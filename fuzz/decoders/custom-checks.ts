// Definitions of checks: written by people in the console or a file, evaluated on every node. Whatever compiles must end quickly and answer with an outcome.
import { type FactKind, factKinds } from "../../protocol/facts.ts";
import { compileDraft, fixtureFacts } from "../../server/custom-checks/compile.ts";
import { CheckDraft } from "../../server/custom-checks/schema.ts";
import { NOW, nodeFacts } from "../../testing/facts.ts";
import { asText, type Decoder } from "../decoder.ts";
import { textInputs } from "../mutate-text.ts";

const definition = (over: object) =>
  JSON.stringify({
    title: { en: "x" },
    area: "runtime",
    severity: "warning",
    needs: ["modules", "conntrack", "sysctls"],
    problem: "conntrack.usedRatio > 0.9",
    message: { en: "{{conntrack.count}} of {{conntrack.max}}" },
    suggestion: { en: "x" },
    ...over,
  });

const SAMPLES = [
  definition({}),
  definition({ each: "modules", subject: "item.name", problem: "item.restarts >= 5 || item.state != 'running'" }),
  definition({ problem: "modules.exists(m, m.name.matches('^con(tainerd)?$') && m.restarts > 3)", clear: "true" }),
  definition({ each: "modules.filter(m, m.openFiles != null)", subject: "item.name + '-' + string(item.restarts)" }),
  definition({ problem: "'a' in sysctls ? sysctls['a'] == '1' : modules.map(m, m.name).join(',').size() > 5" }),
];
const PIECES =
  "modules|conntrack|sysctls|item|now|.name|.restarts|.count|['__proto__']|.constructor|.map(x, x)|.filter(x, |.exists(x, |.matches('(a+)+$')|.join(',')|size(|has(|(|)|[|]|{{|}}|&&|==|+|-|/ 0|? 1 : 2|null|\"|'|\\\\|9999999999999999999|1e308|{}|\\u0000".split(
    "|",
  );
const facts = nodeFacts();
const SOME = factKinds.filter((_kind, i) => i % 3 !== 0);
const fewer = Object.fromEntries(SOME.map((kind) => [kind, facts[kind]?.data])) as Partial<Record<FactKind, unknown>>;

export const customCheck: Decoder = {
  name: "custom-check",
  what: "a check's definition in CEL, up to its outcome on a node",
  generate: textInputs(SAMPLES, PIECES),
  share: { of: 0.1, why: "a definition is checked against the facts' shapes and compiled" },
  decode(input) {
    let value: unknown;
    try {
      value = JSON.parse(asText(input));
    } catch {
      return false;
    }
    const draft = CheckDraft.safeParse(value);
    if (!draft.success) return false;
    const compiled = compileDraft("fuzzed-check", draft.data);
    if (!compiled.ok) {
      for (const { message, start, end } of compiled.errors)
        if (message.en === "" || message.zh === "" || (start !== null && end !== null && end < start))
          throw new Error("an error without words or place");
      return false;
    }
    for (const some of [facts, fixtureFacts(fewer, NOW), {}]) {
      const outcome = compiled.check.evaluate(some, NOW, new Set(["containerd", "node"]));
      if (outcome.status === "problems" && outcome.problems.some(({ subject }) => subject === ""))
        throw new Error("a problem of nothing");
    }
    // A fact that is missing is never well.
    if (compiled.check.evaluate({}, NOW).status !== "unknown") throw new Error("no facts and not unknown");
    return true;
  },
};
