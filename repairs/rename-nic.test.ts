// rename-nic: which name, which claim goes, when the NIC is in use, and the way back.
import { expect, it } from "vitest";
import { actionsOf, contextOf, refusals, undoOf } from "../testing/catalogue.ts";
import { aNic, healthyData, nodeFacts } from "../testing/facts.ts";
import { renameNic } from "./rename-nic.ts";

const base = healthyData().network;
const A = "02:00:00:00:00:0a";
const B = "02:00:00:00:00:0b";
const file = "/etc/udev/rules.d/70-persistent-net.rules";
const claim = (mac: string, name: string, line = 1) => ({ file, line, mac, name });
const lost = (over = {}) => aNic("rename5", 5, A, { up: false, addresses: ["10.1.0.7/24"], kind: "veth", ...over });
const facts = (nics: typeof base.interfaces, claims: typeof base.claimedNames, over = {}) =>
  nodeFacts({
    network: { ...base, interfaces: [aNic("eth0", 2, "02:00:00:00:00:01"), ...nics], claimedNames: claims, ...over },
  });
const taken = (nic = lost(), over = {}) =>
  facts([nic, aNic("eth1", 8, B)], [claim(A, "eth1"), claim(B, "eth1", 2)], over);

it("gives a free name and drops the stale claim when another NIC has the name", () => {
  const ctx = contextOf("nic-name-collision", taken());
  expect(refusals(renameNic, ctx)).toEqual([]);
  expect(actionsOf(renameNic, ctx)).toEqual([
    {
      type: "nic.rename",
      params: { index: 5, mac: A, from: "rename5", to: "eth2", claim: { file, mac: A, name: "eth1" } },
    },
  ]);
});

it("gives its own name back when that is free, and drops the claim of a rival that is not here", () => {
  const own = facts([lost()], [claim(A, "eth1")]);
  expect(actionsOf(renameNic, contextOf("nic-name-collision", own))).toMatchObject([
    { params: { to: "eth1", claim: null } },
  ]);
  const rival = facts([lost()], [claim(A, "eth1"), claim(B, "eth1", 2)]);
  expect(actionsOf(renameNic, contextOf("nic-name-collision", rival))).toMatchObject([
    { params: { to: "eth1", claim: { mac: B } } },
  ]);
});

it("refuses a NIC in use", () => {
  const seen = taken();
  const now = (nic: ReturnType<typeof lost>, over = {}) =>
    refusals(renameNic, contextOf("nic-name-collision", seen, taken(nic, over)));
  expect(now(lost({ up: true }))).toEqual(["nic-unused"]);
  expect(now(lost({ up: true, addresses: ["fe80::1/64"] }))).toEqual([]);
  expect(now(lost({ master: "bond0" }))).toEqual(["nic-unused"]);
  expect(now(lost(), { defaultRoutes: [{ via: null, device: "rename5", family: "inet" }] })).toEqual(["nic-unused"]);
});

it("can be undone only when something was changed", () => {
  const ctx = contextOf("nic-name-collision", taken());
  expect(undoOf(renameNic, ctx, true)).toEqual([
    { type: "nic.rename", params: { index: 5, mac: A, from: "eth2", to: "rename5", claim: null } },
  ]);
  expect(undoOf(renameNic, ctx, false)).toEqual([]);
});

it("does not touch two claims while nothing is lost", () => {
  const latent = facts([aNic("eth1", 8, B)], [claim(A, "eth1"), claim(B, "eth1", 2)]);
  const ctx = contextOf("nic-name-collision", latent);
  expect(refusals(renameNic, ctx)).toContain("still-there");
  expect(actionsOf(renameNic, ctx)).toEqual([]);
});
