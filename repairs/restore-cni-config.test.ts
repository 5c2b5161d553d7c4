// restore-cni-config: only a better copy is put back, bound to what was seen.
import { expect, it } from "vitest";
import { actionsOf, contextOf, refusals } from "../testing/catalogue.ts";
import { healthyData, hexId, NOW, nodeFacts } from "../testing/facts.ts";
import { restoreCniConfig } from "./restore-cni-config.ts";

const base = healthyData().cni;
const name = "10-lab.conflist";
const facts = (over: Partial<(typeof base.files)[number]>) =>
  nodeFacts({ cni: { ...base, files: base.files.map((f) => ({ ...f, ...over })) } });
const broken = facts({ valid: false, error: "not JSON", sha256: hexId("bad") });

it("puts the last good copy back over exactly the broken content", () => {
  const ctx = contextOf("cni-broken", broken);
  expect(refusals(restoreCniConfig, ctx)).toEqual([]);
  expect(actionsOf(restoreCniConfig, ctx)).toEqual([
    { type: "cni.restore", params: { file: name, currentSha256: hexId("bad"), goodSha256: hexId("good") } },
  ]);
});

it("puts back a file that is gone", () => {
  const gone = nodeFacts({ cni: { ...base, files: [], missingFiles: [{ name, sha256: hexId("good"), at: NOW - 1 }] } });
  expect(actionsOf(restoreCniConfig, contextOf("cni-broken", gone))).toMatchObject([
    { params: { currentSha256: null } },
  ]);
});

it("refuses without a copy, with the same content, and once the file is good again", () => {
  const none = facts({ valid: false, error: "not JSON", sha256: hexId("bad"), lastGood: null });
  expect(refusals(restoreCniConfig, contextOf("cni-broken", none))).toEqual(["good-copy"]);
  const same = facts({ missingPlugins: ["bridge"] });
  expect(refusals(restoreCniConfig, contextOf("cni-broken", same))).toEqual(["good-copy"]);
  expect(actionsOf(restoreCniConfig, contextOf("cni-broken", same))).toEqual([]);
  expect(refusals(restoreCniConfig, contextOf("cni-broken", broken, nodeFacts()))).toEqual([
    "still-there",
    "good-copy",
  ]);
});
