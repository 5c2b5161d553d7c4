// The unit that `nodeops-agent install` writes: it can do its work as root, and nothing that it has no use for.
import { expect, test } from "vitest";
import { unitText } from "./install.ts";

const unit = unitText(
  "/usr/bin/node",
  "/usr/local/lib/nodeops/nodeops-agent.mjs",
  "/var/lib/nodeops agent",
  "/etc/nodeops/100%.json",
);
const settings = (key: string): string[] =>
  unit.split("\n").flatMap((line) => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []));

test("it gains no rights, and those it has are listed", () => {
  expect(settings("NoNewPrivileges")).toEqual(["yes"]);
  expect(settings("AmbientCapabilities")).toEqual([""]);
  const [bounding = ""] = settings("CapabilityBoundingSet");
  expect(bounding).toMatch(/^(CAP_[A-Z_]+ ?)+$/); // a list of what may be, not of what may not
  const kept = bounding.split(" ");
  expect(new Set(kept).size).toBe(kept.length);
  for (const needed of ["CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_NET_ADMIN", "CAP_KILL", "CAP_SYSLOG"])
    expect(kept).toContain(needed);
  for (const given of [
    "CAP_SYS_TIME",
    "CAP_WAKE_ALARM",
    "CAP_SYS_MODULE",
    "CAP_SYS_BOOT",
    "CAP_SYS_RAWIO",
    "CAP_MAC_ADMIN",
    "CAP_AUDIT_CONTROL",
  ])
    expect(kept).not.toContain(given);
});

test("clock, modules, reboot and raw I/O are closed to it and to what it starts", () => {
  const [filter = ""] = settings("SystemCallFilter");
  expect(filter.startsWith("~")).toBe(true);
  expect(filter.slice(1).split(" ").sort()).toEqual([
    "@clock",
    "@cpu-emulation",
    "@module",
    "@raw-io",
    "@reboot",
    "@swap",
  ]);
  for (const key of ["LockPersonality", "RestrictRealtime", "RestrictSUIDSGID"])
    expect(settings(key), key).toEqual(["yes"]);
  expect(settings("SystemCallArchitectures")).toEqual(["native"]);
  expect(settings("UMask")).toEqual(["0077"]);
});

// Each of these makes a private mount namespace or closes devices: a mount that a repair makes would be invisible to the node.
test("nothing hides the node from it", () => {
  const hiding =
    /^(Protect(System|Home|KernelModules|KernelLogs|KernelTunables|ControlGroups|Clock|Proc|Hostname)|Private\w+|ReadOnlyPaths|InaccessiblePaths|BindPaths|RootDirectory|DevicePolicy|DeviceAllow|MemoryDenyWriteExecute|User|DynamicUser)=/m;
  expect(hiding.exec(unit)?.[0]).toBeUndefined();
});

test("paths with spaces and percent signs arrive as they are", () => {
  expect(settings("ExecStart")).toEqual([
    '/usr/bin/node /usr/local/lib/nodeops/nodeops-agent.mjs run --state "/var/lib/nodeops agent" --config /etc/nodeops/100%%.json',
  ]);
});
