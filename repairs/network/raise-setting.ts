// Repairs that raise a kernel limit that is (almost) reached: the same guards and the same way back, other keys and other bounds.
import type { Check } from "../../checks/define.ts";
import { t } from "../../checks/text.ts";
import type { Text } from "../../protocol/text.ts";
import { defineRepair, type RepairContext, type RepairDefinition } from "../define.ts";
import { factsFresh } from "../guards.ts";
import { setSetting, takeBack } from "./settings.ts";
import { guard, problemNow, stillRaised } from "./still.ts";

type Raise<Id extends string> = {
  id: Id;
  title: Text;
  check: Check;
  /** In the order in which they are set. */
  keys: readonly string[];
  /** The new value of a key, null when it must not be raised further. */
  next: (value: string, key: string, ctx: RepairContext) => string | null;
};

/** A repair that raises `keys` as long as they may be raised; those that this namespace cannot write are not offered. */
export function defineRaise<const Id extends string>({
  id,
  title,
  check,
  keys,
  next,
}: Raise<Id>): RepairDefinition<Id> {
  const changes = (ctx: RepairContext) => {
    const settings = ctx.facts.netstack?.data?.settings ?? {};
    return keys.flatMap((key) => {
      const expected = settings[key];
      const value =
        expected === undefined || !/^\d{1,19}([ \t]{1,8}\d{1,19}){0,3}$/.test(expected)
          ? null
          : next(expected, key, ctx);
      return expected === undefined || value === null || value === expected ? [] : [{ key, expected, value }];
    });
  };
  return defineRepair({
    id,
    title,
    risk: "disruptive",
    verifies: [check.id],
    settleMs: 2_000,
    // Rates are taken over a minute: what was lost before counts that long.
    verifyWithinMs: 240_000,
    guards: (ctx) => {
      const list = changes(ctx);
      return [
        factsFresh(ctx, ["netstack", "identity"]),
        stillRaised(ctx, check),
        guard(
          "may-be-raised",
          "The limit can be raised from here and has room",
          "该上限可在本节点提高且仍有余量",
          list.length > 0,
          list.map(({ key, expected, value }) => `${key}: ${expected} → ${value}`).join("; ") ||
            "read-only in this namespace, or as high as it may be",
        ),
      ];
    },
    plan: (ctx) => {
      const list = changes(ctx);
      if (list.length === 0 || !problemNow(ctx, check))
        return { nothing: t("The limit has room, or cannot be raised here.", "上限仍有余量，或无法在此提高。") };
      return {
        evidence: { sections: ["network", "sockets"] },
        steps: list.map(({ key, expected, value }) => setSetting(key, expected, value)),
        touches: t(
          "Raises kernel limits until the next boot; no connection is touched.",
          "提高内核上限，重启后失效；不影响任何连接。",
        ),
      };
    },
    undo: takeBack,
  });
}

/** Twice the value, at most `most`; null when that is no rise. */
export function doubled(value: string, most: number): string | null {
  const raised = Math.min(Number(value) * 2, most);
  return raised > Number(value) ? String(raised) : null;
}
