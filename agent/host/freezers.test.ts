// Who may be at work with something frozen: known by programs that run only while they are, by qemu-ga's file, and by what a runtime was told.
import { describe, expect, it } from "vitest";
import { backupAtWork, checkpointAtWork } from "./freezers.ts";

const id = "ab".repeat(32);
const none = () => false;
const p = (name: string, state = "S") => ({ pid: 7, name, state });

describe("backups", () => {
  it.each([
    ["nothing", [p("bash")], none, null],
    ["a backup in a container", [p("bash"), p("restic")], none, "restic"],
    ["one that has ended", [p("restic", "Z")], none, null],
    ["fsfreeze itself", [p("fsfreeze")], none, "fsfreeze"],
    ["daemons that are always there", [p("vmtoolsd"), p("qemu-ga"), p("velero")], none, null],
    ["a hypervisor's snapshot", [p("qemu-ga")], (path: string) => path === "/run/qga.state.isfrozen", "qemu-ga"],
  ])("%s", (_, processes, exists, expected) => {
    const found = backupAtWork(processes, exists);
    if (expected === null) expect(found).toBeNull();
    else expect(found).toContain(expected);
  });
});

describe("checkpoints", () => {
  it.each([
    ["criu, whoever's", [p("criu")], [], true],
    ["runc of this container", [p("runc")], ["runc", "--root", "/r", "checkpoint", "--image-path", "/i", id], true],
    ["runc of another", [p("runc")], ["runc", "checkpoint", "cd".repeat(32)], false],
    ["runc that does something else", [p("runc")], ["runc", "state", id], false],
    ["a shell that speaks of it", [p("bash")], ["bash", "-c", "checkpoint", id], false],
    ["criu that has ended", [p("criu", "Z")], [], false],
  ])("%s", async (_, all, argv, expected) =>
    expect((await checkpointAtWork({ all }, id, async () => argv)) !== null).toBe(expected),
  );
});
