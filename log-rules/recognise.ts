// What rules say of a whole excerpt, line by line: for tests, evaluations and for asking "what does this log mean?".
import { plainMessage } from "./line.ts";
import { type Matcher, namesOf } from "./matcher.ts";
import type { LogSource } from "./rule.ts";
import { EMPTY_LOG_STATE, observe } from "./state.ts";

export type Recognised = { raised: ReadonlySet<string>; cleared: ReadonlySet<string> };

/** Every name (ids and aliases) of what the lines of an excerpt raise, counts left aside, and of what they clear. */
export function recognise(text: string, matcher: Matcher, source: LogSource | null = null): Recognised {
  const raised = new Set<string>();
  const cleared = new Set<string>();
  let state = EMPTY_LOG_STATE;
  for (const [at, raw] of text.split("\n").entries()) {
    const line = { source, text: plainMessage(raw), at };
    for (const hit of matcher.find(line)) {
      if (hit.role === "clear") for (const name of namesOf(hit)) cleared.add(name);
    }
    const before = state;
    state = observe(state, line, matcher);
    if (state === before) continue;
    for (const [key, match] of Object.entries(state.matches)) {
      if (before.matches[key] === match || match.isCleared) continue;
      const rule = matcher.rules.get(match.rule);
      if (rule) for (const name of namesOf({ rule, role: "match" })) raised.add(name);
    }
  }
  return { raised, cleared };
}
