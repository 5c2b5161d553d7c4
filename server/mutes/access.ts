// Where a caller may mute: within its own part of the fleet. Pure.
import type { Text } from "../../protocol/text.ts";
import { isWholeFleet, parseSelector } from "../../selectors/parse.ts";
import type { Selector } from "../../selectors/selector.ts";
import { grantsFor, type Holder } from "../core/access.ts";

/** The terms that must all hold. */
const termsOf = (selector: Selector): string[] =>
  (selector.kind === "and" ? selector.of : [selector]).map((term) => JSON.stringify(term));

/** Whether every node of `inner` is one of `outer`, as far as the texts show it: `inner` says all that `outer` says, and maybe more. */
export function liesWithin(inner: string, outer: string): boolean {
  if (isWholeFleet(outer)) return true;
  const [small, large] = [parseSelector(inner), parseSelector(outer)];
  if (!small.ok || !large.ok || small.selector.kind === "all") return false;
  const said = new Set(termsOf(small.selector));
  return termsOf(large.selector).every((term) => said.has(term));
}

/** Whether the holder may say, for all nodes of this selector, what is to be told. */
export const mayMute = (holder: Holder, selector: string): boolean =>
  grantsFor(holder, "findings:write").some((grant) => liesWithin(selector, grant.selector));

/** The selector as far as the holder may mute; or why that cannot be said. */
export function narrow(holder: Holder, selector: string): { selector: string } | { refusal: Text } {
  if (mayMute(holder, selector)) return { selector };
  const [grant, ...others] = grantsFor(holder, "findings:write");
  if (!grant || others.length > 0)
    return {
      refusal: {
        en: "Name one of the parts of the fleet in which you may mute.",
        zh: "请写明您有权静默的那一部分机群。",
      },
    };
  const narrowed = isWholeFleet(selector) ? grant.selector : `${selector} ${grant.selector}`;
  const parsed = parseSelector(narrowed);
  return parsed.ok ? { selector: narrowed } : { refusal: parsed.error };
}
