// The hash of a plan is that of one canonical text, whoever made the text of its plan.
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { canonicalJson } from "../protocol/canonical-json.ts";
import type { Plan } from "./define.ts";
import { planHashOf } from "./plan-hash.ts";

const plan: Plan = {
  touches: { zh: "仅此一项。", en: 'Only "this".' },
  steps: [
    { title: { en: "t", zh: "t" }, action: { type: "sysctl.put", params: { value: "1", key: "vm.max_map_count" } } },
  ],
  evidence: { sections: ["kmsg"] },
};
const nodeId = "0193d7a0-0000-7000-8000-000000000001";

test.each<[string | null, Plan | null]>([
  [null, plan],
  [nodeId, plan],
  [null, null],
])("finding %s", (findingId, planned) => {
  const what = { nodeId, findingId, repairId: 'change/"x"', plan: planned };
  const wanted = createHash("sha256").update(canonicalJson(what)).digest("hex");
  expect(planHashOf(what)).toBe(wanted);
  expect(planHashOf(what, canonicalJson(planned))).toBe(wanted);
  expect(planHashOf(what, "{}")).not.toBe(wanted);
});
