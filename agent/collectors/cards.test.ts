// How cards are named, where they are beside where they are wanted, whose a bridge is, and what engines leave behind.
import { describe, expect, it } from "vitest";
import { linkValue, namingOf } from "./card-naming.ts";
import { judgeWishes } from "./cards.ts";
import { bridgeOwner, cniWishes } from "./cni-wishes.ts";
import { leftoversOf } from "./cnm-leftovers.ts";

describe("names of cards", () => {
  const file = (name: string, text: string) => ({ file: `/etc/${name}`, text });
  const stock = file(
    "99-default.link",
    "[Match]\nOriginalName=*\n\n[Link]\nNamePolicy=keep kernel database onboard slot path\nMACAddressPolicy=persistent\n",
  );
  it.each([
    ["a stock distribution", "", [], [stock], "path"],
    ["net.ifnames=0", "ro net.ifnames=0", [], [stock], "order"],
    [
      "a rule by MAC",
      "net.ifnames=0",
      [file("70-persistent-net.rules", 'SUBSYSTEM=="net", ATTR{address}=="52:54:00:00:00:01", NAME="eth0"')],
      [stock],
      "mac",
    ],
    ["a rule by slot", "", [file("70-slot.rules", 'KERNELS=="0000:00:05.0", NAME="up0"')], [], "path"],
    [
      "the generator of old",
      "",
      [file("75-persistent-net-generator.rules", 'ACTION=="add", IMPORT{program}="write_net_rules"')],
      [stock],
      "order",
    ],
    ["no policy at all", "", [], [], "order"],
  ])("%s", (_name, cmdline, rules, links, naming) => expect(namingOf(cmdline, rules, links, true).naming).toBe(naming));

  it("is none without udev", () => expect(namingOf("", [], [stock], false).naming).toBe("none"));
  it("reads a policy", () => expect(linkValue(stock.text, "MACAddressPolicy")).toBe("persistent"));

  const card = { mac: "02:00:00:00:00:01", name: "eth1", place: "container" as const, holder: "pod-a", driver: null };
  const wish = { mac: card.mac, wantedBy: "web", source: "agent.json" };
  it("says where a card is beside where it is wanted", () => {
    const judge = (owners: Map<string, string>, cards = [card]) => judgeWishes([wish], cards, owners, new Map(), 0)[0];
    expect(judge(new Map([["web", "pod-a"]]))).toMatchObject({ isWantedNow: true, isInPlace: true });
    expect(judge(new Map([["web", "pod-b"]]))).toMatchObject({ isWantedNow: true, isInPlace: false });
    expect(judge(new Map())).toMatchObject({ isWantedNow: false, isInPlace: null, isAbandoned: false });
  });
  it("calls a card abandoned after ten minutes without an owner, and forgets that when one comes", () => {
    const since = new Map<string, number>();
    const judge = (now: number, owners = new Map<string, string>()) =>
      judgeWishes([wish], [card], owners, since, now)[0]?.isAbandoned;
    expect([
      judge(0),
      judge(599_999),
      judge(600_000),
      judge(700_000, new Map([["web", "pod-a"]])),
      judge(700_001),
    ]).toEqual([false, false, true, false, false]);
  });
});

describe("bridges and what engines leave", () => {
  const cilium = cniWishes([{ file: "05-cilium.conflist", text: '{"plugins":[{"type":"cilium-cni"}]}' }]);
  it("knows whose a bridge is", () => {
    const fromCni = cniWishes([{ file: "f", text: '{"type":"bridge","bridge":"mybr0"}' }]).bridges;
    expect(["mybr0", "cni0", "docker0", "br-0123456789ab", "virbr0"].map((name) => bridgeOwner(name, fromCni))).toEqual(
      ["cni", "cni", "docker", "docker", "other"],
    );
  });
  it("knows what Cilium's devices need", () =>
    expect(
      ["lxc0a1b2c3d4e5f", "lxc_health", "cilium_host", "lxcbr0", "lxc", "lxdbr0"].map((name) =>
        cilium.rpFilters.some((w) => w.pattern.test(name) && w.wanted === 0),
      ),
    ).toEqual([true, true, true, false, false, false]));

  const nothing = { file: () => false, program: () => false };
  const docker0 = [{ name: "docker0", ports: [] }];
  it.each([
    ["Docker is gone", new Set<string>(), nothing, ["docker0", "DOCKER"]],
    ["Docker runs", new Set(["dockerd"]), nothing, []],
    [
      "Docker is installed and stopped",
      new Set<string>(),
      { ...nothing, program: (name: string) => name === "dockerd" },
      [],
    ],
  ])("%s", (_name, running, has, names) =>
    expect(leftoversOf(running, docker0, ["docker"], has).map((l) => l.name)).toEqual(names),
  );
});
