// Fixtures of what the kernel, journals and daemons wrote: what each fault looks like, and what looks a little like one.
// Facts are made of lines by the rules themselves, as the agent does it.
import { logsChecks } from "../checks/logs/list.ts";
import { plainMessage } from "../log-rules/line.ts";
import { harmlessLines, type RuleLines, ruleLines } from "../log-rules/lines.fixture.ts";
import { logRuleById, logRules } from "../log-rules/list.ts";
import { Matcher } from "../log-rules/matcher.ts";
import { LOG_SOURCES, type LogRule } from "../log-rules/rule.ts";
import { EMPTY_LOG_STATE, matchesOf, observe } from "../log-rules/state.ts";
import type { FactData, Facts } from "../protocol/facts.ts";
import { NOW, nodeFacts } from "./facts.ts";
import type { FaultFixture } from "./fixture-words.ts";

type LogsCheckId = (typeof logsChecks)[number]["id"];

/** Of a rule, how many occurrences, how far apart and how long ago the last one was. */
export type Occurrences = { times: number; apartMs: number; agoMs: number };

/** The fact that an agent makes of an excerpt which is written again and again, then of further lines just now. */
export function logMatchesOf(
  excerpt: string,
  source: RuleLines["source"],
  { times, apartMs, agoMs }: Occurrences,
  then: readonly string[] = [],
): FactData["logMatches"] {
  const matcher = new Matcher(logRules);
  let state = EMPTY_LOG_STATE;
  const say = (raw: string, at: number) => {
    state = observe(state, { source, text: plainMessage(raw), at }, matcher);
  };
  for (let turn = times - 1; turn >= 0; turn--)
    for (const raw of excerpt.split("\n")) say(raw, NOW - agoMs - turn * apartMs);
  for (const raw of then) say(raw, NOW);
  return { reads: [...LOG_SOURCES], matches: matchesOf(state) };
}

const factsOf = (...args: Parameters<typeof logMatchesOf>): Facts => nodeFacts({ logMatches: logMatchesOf(...args) });

/** As often as the rule asks, in half of its time. */
export function justEnough({ count }: Pick<LogRule, "count">): Occurrences {
  const times = count?.times ?? 1;
  return { times, apartMs: count ? Math.floor(count.withinMs / 2 / times) : 0, agoMs: 0 };
}

const reasonOf = (id: string) => id.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());

function ruleOf(id: LogsCheckId): { rule: LogRule; lines: RuleLines } {
  const rule = logRuleById.get(id);
  if (!rule) throw new Error(`no rule ${id}`);
  return { rule, lines: ruleLines[id] };
}

const ids = logsChecks.map(({ id }) => id);

const faultOf = (id: LogsCheckId): FaultFixture[] => {
  const { rule, lines } = ruleOf(id);
  const facts = factsOf(lines.lines[0], lines.source, justEnough(rule));
  return [{ name: "its line, as often as it takes", facts, subject: lines.subject, reason: reasonOf(id) }];
};

/** Check id → its bad fixtures. */
export const logsFaults = Object.fromEntries(ids.map((id) => [id, faultOf(id)])) as {
  [K in LogsCheckId]: FaultFixture[];
}; // every id has its entry

/** Each rule's line once too few, too long ago, or taken back by the line that ends it. */
const nearMissesOf = (id: LogsCheckId): { name: string; facts: Facts }[] => {
  const { rule, lines } = ruleOf(id);
  const enough = justEnough(rule);
  const [first] = lines.lines;
  const late = factsOf(first, lines.source, { ...enough, agoMs: rule.ttlMs + 1 });
  const found = [{ name: `${id}: long ago`, facts: late }];
  if (rule.count) {
    const fewer = factsOf(first, lines.source, { ...enough, times: enough.times - 1 });
    const slower = factsOf(first, lines.source, { ...enough, apartMs: rule.count.withinMs + 1 });
    found.push({ name: `${id}: once too few`, facts: fewer }, { name: `${id}: too far apart`, facts: slower });
  }
  if (lines.clear) found.push({ name: `${id}: over`, facts: factsOf(first, lines.source, enough, [lines.clear]) });
  return found;
};

/** Healthy readings that look a little like a fault. */
export const logsNearMisses: { name: string; facts: Facts }[] = [
  ...ids.flatMap(nearMissesOf),
  {
    name: "an ordinary day's lines",
    facts: factsOf(harmlessLines.join("\n"), "kernel", { times: 20, apartMs: 1_000, agoMs: 0 }),
  },
  {
    name: "look-alikes of every rule",
    facts: factsOf("nvme nvme0: Disabling device\nVFS: file-max limit reached", "kernel", {
      times: 3,
      apartMs: 1,
      agoMs: 0,
    }),
  },
];
