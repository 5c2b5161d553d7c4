// Whose word an entry is: entries as `journalctl -o json` prints them, of daemons and of those who only write like them.
import { describe, expect, it } from "vitest";
import { parseJournalEntry } from "./journal-tail.ts";

const base = {
  __CURSOR: "s=6b1f;i=2a41c;b=9e0d;m=59a1;t=61f0;x=77",
  __REALTIME_TIMESTAMP: "1772352000123456",
  __MONOTONIC_TIMESTAMP: "24061893120",
  _BOOT_ID: "9e0d5c0a3b0c4a2c9f2d1e9b7a5d3c11",
  _HOSTNAME: "node-17",
  PRIORITY: "6",
  MESSAGE: "PLEG is not healthy: pleg was last seen active 3m2.1s ago; threshold is 3m0s",
};
const service = (unit: string) => ({ _SYSTEMD_UNIT: unit, _SYSTEMD_CGROUP: `/system.slice/${unit}` });
const kubelet = { SYSLOG_IDENTIFIER: "kubelet", _TRANSPORT: "stdout", _PID: "1187", _UID: "0", _GID: "0" };
const session = { _SYSTEMD_UNIT: "session-4.scope", _SYSTEMD_CGROUP: "/user.slice/user-1000.slice/session-4.scope" };
const inPod = "/kubepods.slice/kubepods-besteffort.slice/cri-containerd-8f2c.scope";
const dockerLog = {
  SYSLOG_IDENTIFIER: "containerd", // --log-driver journald --log-opt tag=containerd
  CONTAINER_ID: "4f1c2d3e4a5b",
  CONTAINER_ID_FULL: "4f1c2d3e4a5b6c7d8e9f",
  CONTAINER_NAME: "tenant-web",
  CONTAINER_TAG: "containerd",
  _TRANSPORT: "journal",
  _UID: "0",
  _COMM: "dockerd",
  ...service("docker.service"),
};

const lines = (fields: Record<string, unknown>) =>
  parseJournalEntry(JSON.stringify({ ...base, ...fields }))?.lines.map((line) => line.program);

describe("a daemon's word", () => {
  it.each([
    ["kubelet's output", { ...kubelet, _COMM: "kubelet", ...service("kubelet.service") }, "kubelet"],
    ["k3s, which names its process otherwise", { ...kubelet, SYSLOG_IDENTIFIER: "k3s", _COMM: "k3s-server" }, "k3s"],
    [
      "dockerd",
      { ...kubelet, SYSLOG_IDENTIFIER: "dockerd", _COMM: "dockerd", ...service("docker.service") },
      "dockerd",
    ],
    [
      "what a child of containerd writes",
      { ...kubelet, SYSLOG_IDENTIFIER: "containerd", _COMM: "runc", ...service("containerd.service") },
      "containerd",
    ],
    [
      "a name longer than comm",
      { ...kubelet, SYSLOG_IDENTIFIER: "overlaybd-snapshotter", _COMM: "overlaybd-snaps" },
      "overlaybd-snapshotter",
    ],
    [
      "systemd itself",
      {
        SYSLOG_IDENTIFIER: "systemd",
        _TRANSPORT: "journal",
        _PID: "1",
        _UID: "0",
        _COMM: "systemd",
        _SYSTEMD_UNIT: "init.scope",
      },
      "systemd",
    ],
    [
      "the system bus, which is not root",
      { SYSLOG_IDENTIFIER: "dbus-daemon", _UID: "81", _COMM: "dbus-daemon", ...service("dbus.service") },
      "dbus-daemon",
    ],
    [
      "a crash, told by one that has left root",
      {
        SYSLOG_IDENTIFIER: "systemd-coredump",
        _UID: "996",
        _COMM: "systemd-coredum",
        ...service("systemd-coredump@3-11874-0.service"),
      },
      "systemd-coredump",
    ],
    ["the kernel", { SYSLOG_IDENTIFIER: "kernel", _TRANSPORT: "kernel", SYSLOG_FACILITY: "0" }, "kernel"],
  ])("%s", (_name, fields, program) => expect(lines(fields)).toEqual([program]));
});

describe("nobody's word", () => {
  it.each([
    ["logger -t kubelet, by a user", { ...kubelet, _TRANSPORT: "syslog", _UID: "1000", _COMM: "logger", ...session }],
    ["a user's program that calls itself kubelet", { ...kubelet, _UID: "1000", _COMM: "kubelet", ...session }],
    ["logger -t kubelet, by root", { ...kubelet, _TRANSPORT: "syslog", _COMM: "logger", ...session }],
    [
      "a user's unit kubelet.service",
      { ...kubelet, _UID: "1000", _SYSTEMD_UNIT: "user@1000.service", _SYSTEMD_USER_UNIT: "kubelet.service" },
    ],
    ["a container's output under a tag (Docker)", dockerLog],
    [
      "a container's output under conmon's name (Podman)",
      { SYSLOG_IDENTIFIER: "conmon", CONTAINER_ID_FULL: "4f1c", _UID: "0", _COMM: "conmon" },
    ],
    ["root in a pod that has the node's journal socket", { ...kubelet, _COMM: "kubelet", _SYSTEMD_CGROUP: inPod }],
    ["logger -t kernel", { SYSLOG_IDENTIFIER: "kernel", _TRANSPORT: "syslog", SYSLOG_FACILITY: "1", _UID: "1000" }],
    ["a program's line in /dev/kmsg", { SYSLOG_IDENTIFIER: "kernel", _TRANSPORT: "kernel", SYSLOG_FACILITY: "1" }],
    ["systemd of a user", { SYSLOG_IDENTIFIER: "systemd", _PID: "4711", _UID: "1000", _COMM: "systemd" }],
    [
      "a user's own bus",
      { SYSLOG_IDENTIFIER: "dbus-daemon", _UID: "1000", _COMM: "dbus-daemon", _SYSTEMD_UNIT: "user@1000.service" },
    ],
    ["a field given twice", { ...kubelet, _COMM: "kubelet", _UID: ["0", "1000"] }],
    ["nothing said of its writer", { SYSLOG_IDENTIFIER: "kubelet" }],
  ])("%s", (_name, fields) => expect(lines(fields)).toEqual([]));

  it("the place in the journal moves on all the same", () =>
    expect(parseJournalEntry(JSON.stringify({ ...base, ...dockerLog }))?.cursor).toBe(base.__CURSOR));
});
