// What is typed in the wizard becomes the plan that was meant, and a plan becomes a draft that means the same.
import { expect, test } from "vitest";
import { PlanRollout } from "../../../../../server/rollouts/schema.ts";
import { clockOf, type Draft, draftOf, emptyDraft, minutesOf, parseDraft, planOf } from "./draft.ts";

const draft: Draft = {
  ...emptyDraft,
  title: "raise it",
  kind: "sysctl",
  where: { selector: " pool=web ", exclude: "web-1, web-2\nweb-3", kernels: "5.10\ncontainerd 1.6", percentage: "25" },
  policy: { soakMs: "1.5", growth: "2", maxErrors: "", rehearse: "false", alpha: "0.0005", atTimeLimit: "pass" },
  gates: [
    { after: "1", kind: "manual", url: "" },
    { after: "each", kind: "webhook", url: " https://ci.example/gate " },
  ],
  windows: [{ days: [1, 2], from: "22:30", to: "00:00", timeZone: "Asia/Shanghai" }],
  lane: "fast",
  reason: "outage",
};

test("minutes become ms, wave 1 is index 0, midnight is the end of the day, empty fields are defaults", () => {
  const { plan, faults } = planOf(draft, { key: "a", value: "1" });
  expect(faults).toEqual({});
  expect(plan).toMatchObject({
    where: {
      selector: "pool=web",
      exclude: ["web-1", "web-2", "web-3"],
      kernels: ["5.10", "containerd 1.6"],
      percentage: 25,
      limit: null,
    },
    policy: {
      soakMs: 90_000,
      growth: 2,
      rehearse: false,
      judge: { alpha: 0.0005, atTimeLimit: "pass" },
      gates: [
        { after: 0, kind: "manual" },
        { after: "each", kind: "webhook", url: "https://ci.example/gate" },
      ],
      windows: [{ days: [1, 2], from: 1_350, to: 1_440, timeZone: "Asia/Shanghai" }],
    },
  });
  expect(plan?.policy).not.toHaveProperty("maxErrors");
});

test("bad input is a fault at its field and stays in the draft", () => {
  const bad = {
    ...draft,
    where: { ...draft.where, limit: "many" },
    policy: { growth: "9" },
    gates: [{ after: "1", kind: "webhook" as const, url: "ftp://x" }],
  };
  const { plan, faults } = planOf(bad, {});
  expect(plan).toBeNull();
  expect(Object.keys(faults).sort()).toEqual(["policy.gates.0.url", "policy.growth", "where.limit"]);
});

test("a plan comes back as a draft that means the same", () => {
  const params = { key: "a", value: "1" };
  const plan = PlanRollout.parse(planOf(draft, params).plan);
  const again = draftOf(plan, { key: "a", value: "1" });
  expect(PlanRollout.parse(planOf(again, params).plan)).toEqual(plan);
});

test("a stored draft is read back, anything else is none", () => {
  expect(parseDraft(JSON.stringify(draft))).toEqual(draft);
  expect(parseDraft("{")).toBeNull();
  expect(parseDraft('{"title":1}')).toBeNull();
  expect(parseDraft(null)).toBeNull();
});

test("times of day", () => {
  expect(minutesOf("09:05")).toBe(545);
  expect(clockOf(545)).toBe("09:05");
  expect(clockOf(1_440)).toBe("00:00");
});
