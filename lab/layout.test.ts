// Names, networks and files of a lab: pure functions.
import { describe, expect, it } from "vitest";
import { hostNic, labIdentity, overlaps, planNode, reachableUrl } from "./layout.ts";
import { parseHierarchies } from "./machine.ts";
import { agentPolicy, conflist, moduleScripts } from "./node-files.ts";
import { quote } from "./node-init.ts";

const lab = labIdentity("/srv/a");

describe("identity", () => {
  it("differs by folder and by attempt, and is the same each time", () => {
    const ids = ["/srv/a", "/srv/b"].flatMap((dir) => [labIdentity(dir, 0).id, labIdentity(dir, 1).id]);
    expect(new Set(ids).size).toBe(4);
    expect(labIdentity("/srv/a")).toEqual(lab);
  });

  it("fits the kernel's 15 characters for every name of 64 nodes", () => {
    const names = [lab.bridge, hostNic(lab, 64, "primary"), hostNic(lab, 64, "eni"), hostNic(lab, 64, "late")];
    for (const name of names) expect(name.length).toBeLessThanOrEqual(15);
    expect(new Set(names).size).toBe(4);
  });
});

describe("plan", () => {
  it("spreads nodes over three zones and two pools, with one address each", () => {
    const plans = Array.from({ length: 64 }, (_, i) => planNode(lab, i + 1));
    expect(new Set(plans.map((p) => p.zone))).toEqual(new Set(["zone-a", "zone-b", "zone-c"]));
    expect(new Set(plans.map((p) => p.pool))).toEqual(new Set(["web", "batch"]));
    expect(new Set(plans.map((p) => p.ip)).size).toBe(64);
    expect(new Set(plans.map((p) => p.machineId)).size).toBe(64);
    expect(plans[3]).toMatchObject({ name: "lab-4", zone: "zone-a", rack: "a2", pool: "batch" });
  });
});

describe("overlaps", () => {
  it.each([
    ["10.1.2", "10.0.0.0/8", true],
    ["10.1.2", "10.1.2.3", true],
    ["10.1.2", "10.1.2.128/25", true],
    ["10.1.2", "10.1.3.0/24", false],
    ["10.1.2", "0.0.0.0/0", false],
    ["10.1.2", "default", false],
    ["10.1.2", "fe80::/64", false],
  ])("%s and %s: %s", (subnet, other, expected) => {
    expect(overlaps(subnet, other)).toBe(expected);
  });
});

describe("reachableUrl", () => {
  it("turns the machine's loopback into the bridge's address and leaves other hosts alone", () => {
    expect(reachableUrl("https://127.0.0.1:8443", lab, "Box")).toBe(`https://${lab.subnet}.1:8443`);
    expect(reachableUrl("https://localhost:8443/x", lab, "Box")).toBe(`https://${lab.subnet}.1:8443/x`);
    expect(reachableUrl("https://box:8443", lab, "Box")).toBe(`https://${lab.subnet}.1:8443`);
    expect(reachableUrl("https://gateway.example:8443", lab, "Box")).toBe("https://gateway.example:8443");
  });
});

describe("parseHierarchies", () => {
  it("reads v1 hierarchies with what to mount them by, and nothing on a v2 machine", () => {
    const hybrid = [
      "26 25 0:22 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct",
      "27 25 0:23 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd",
      "28 25 0:24 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
    ].join("\n");
    expect(parseHierarchies(hybrid)).toEqual([
      { path: "/sys/fs/cgroup/cpu,cpuacct", folder: "cpu,cpuacct", options: "cpu,cpuacct" },
      { path: "/sys/fs/cgroup/systemd", folder: "systemd", options: "none,name=systemd" },
    ]);
    expect(parseHierarchies("28 25 0:24 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw")).toEqual([]);
  });
});

describe("files", () => {
  it("names only start scripts that exist", () => {
    const scripts = Object.keys(moduleScripts("lab-1"));
    const policy = JSON.parse(agentPolicy()) as { modules: { manager: { start: string[] } }[] };
    for (const module of policy.modules) expect(scripts).toContain(module.manager.start[0]);
  });

  it("gives each node its own pod network", () => {
    expect(conflist(1)).not.toBe(conflist(2));
    expect(JSON.parse(conflist(7)).plugins[0].ipam.ranges[0][0].subnet).toBe("10.244.7.0/24");
  });

  it("quotes for bash", () => {
    expect(quote("it's")).toBe(`'it'\\''s'`);
  });
});
