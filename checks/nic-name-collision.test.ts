// nic-name-collision: the ENI story step by step, and who is left in peace.
import { describe, expect, it } from "vitest";
import { problemsOf } from "../testing/catalogue.ts";
import { aNic, healthyData, nodeFacts } from "../testing/facts.ts";
import { nicNameCollision } from "./nic-name-collision.ts";
import { freeName, lostNics } from "./nic-names.ts";

const base = healthyData().network;
const A = "02:00:00:00:00:0a";
const B = "02:00:00:00:00:0b";
const claim = (mac: string, name: string, line = 1) => ({
  file: "/etc/udev/rules.d/70-persistent-net.rules",
  line,
  mac,
  name,
});
const network = (interfaces: typeof base.interfaces, claimedNames: typeof base.claimedNames, over = {}) => ({
  ...base,
  interfaces,
  claimedNames,
  ...over,
});
const seen = (data: typeof base) =>
  problemsOf(nicNameCollision, nodeFacts({ network: data })).map((p) => [p.subject, p.reason]);

describe("the story", () => {
  const claims = [claim(A, "eth1", 1), claim(B, "eth1", 2)];
  it("1: two claims, the first NIC is away in a container: nothing is lost yet", () => {
    expect(seen(network([aNic("eth1", 8, B)], claims))).toEqual([["eth1", "NameClaimedTwice"]]);
  });
  it("2: it comes back and cannot have its name", () => {
    expect(seen(network([aNic("eth1", 8, B), aNic("rename5", 5, A, { up: false, kind: "veth" })], claims))).toEqual([
      [A, "NameTaken"],
    ]);
  });
  it("3: under a free name and without the stale claim all is well", () => {
    expect(seen(network([aNic("eth1", 8, B), aNic("eth2", 5, A)], [claim(B, "eth1")]))).toEqual([]);
  });
});

it.each([["dev12"], ["rename3"], ["eth1_tmp"], ["eth0-old"]])("takes %s as a fallback name", (name) => {
  expect(seen(network([aNic(name, 5, A)], []))).toEqual([[A, "StuckUnderTemporaryName"]]);
});

it.each([["eth1"], ["enp3s0"], ["dev"], ["veth1a2b3c4d"], ["cni0"], ["wlan0"]])(
  "takes %s as an ordinary name",
  (name) => {
    expect(seen(network([aNic(name, 5, A)], []))).toEqual([]);
  },
);

it("knows the wanted name of a stray NIC only when exactly one device is missing", () => {
  const stray = [aNic("dev5", 5, A)];
  const missing = (...names: string[]) => ({ missingDevices: names.map((name) => ({ name, wantedBy: "10.conf" })) });
  expect(lostNics(network(stray, [], missing("eth1")))).toMatchObject([{ wanted: "eth1" }]);
  expect(lostNics(network(stray, [], missing("eth1", "eth2")))).toMatchObject([{ wanted: null }]);
});

it("leaves in peace: alternative names, a second claim of the same MAC, borrowed MACs, MACs in capitals", () => {
  expect(seen(network([aNic("enp1s0", 5, A, { altNames: ["eth1"] })], [claim(A, "eth1")]))).toEqual([]);
  expect(seen(network([aNic("lan0", 5, A)], [claim(A, "eth1"), claim(A, "lan0", 2)]))).toEqual([]);
  expect(
    seen(network([aNic("eth1", 5, A), aNic("bond0", 6, A, { kind: "bond" })], [claim(A.toUpperCase(), "eth1")])),
  ).toEqual([]);
});

it("does not take a bond for the NIC whose MAC it borrowed while that NIC is away", () => {
  const bond = network([aNic("bond0", 6, A, { kind: "bond" })], [claim(A, "eth1")]);
  expect(seen(bond)).toEqual([]);
});

it("finds the lowest name that is neither taken nor promised", () => {
  const data = network([aNic("eth0", 1, A), aNic("x", 2, B, { altNames: ["eth1"] })], [claim(B, "eth2")]);
  expect(freeName("eth7", data)).toBe("eth3");
  expect(freeName("lan1", data)).toBe("lan0");
});
