// What systemd says of a unit whose process is gone, as `systemctl show` prints it, and which units a node has.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findUnit, unitEnds } from "./units.ts";

const show = (active: string, result: string, file: string) =>
  `Result=${result}\nId=kubelet.service\nActiveState=${active}\nUnitFileState=${file}\n`;

describe("how a unit ended", () => {
  it.each([
    ["systemctl stop", show("inactive", "success", "enabled"), "cleanly", false],
    ["systemctl disable --now", show("inactive", "success", "disabled"), "cleanly", true],
    ["systemctl mask --now", show("inactive", "success", "masked"), "cleanly", true],
    ["being stopped", show("deactivating", "success", "enabled"), "cleanly", false],
    ["killed", show("failed", "signal", "enabled"), "failed", false],
    ["ended with an error", show("failed", "exit-code", "disabled"), "failed", true],
    ["out of memory, waits for its restart", show("activating", "oom-kill", "enabled"), "failed", false],
    ["started too often", show("failed", "start-limit-hit", "enabled"), "failed", false],
    ["runs, as systemd sees it", show("active", "success", "enabled"), null, false],
    ["says nothing", "Id=kubelet.service\n", null, false],
  ])("%s", (_name, text, ended, isOff) => {
    expect(unitEnds(["kubelet"], text).get("kubelet")).toEqual({ ended, isOff });
  });

  it("tells several units apart", () => {
    const text = `${show("failed", "signal", "enabled")}\nResult=success\nId=vector.service\nActiveState=inactive\nUnitFileState=enabled\n`;
    const of = (units: string[]) => [...unitEnds(units, text)].map(([unit, { ended }]) => [unit, ended]);
    expect(of(["kubelet.service", "alias-of-vector"])).toEqual([
      ["kubelet.service", "failed"],
      ["alias-of-vector", "cleanly"],
    ]);
    expect(of(["kubelet.service"])).toEqual([]);
  });
});

describe("units of the node", () => {
  let root = "";
  const at = (path: string) => join(root, path);
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "units-"));
    mkdirSync(at("usr/lib/systemd/system"), { recursive: true });
    mkdirSync(at("etc/systemd/system/graphical.target.wants"), { recursive: true });
    writeFileSync(at("usr/lib/systemd/system/vector.service"), "[Service]\n");
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it("is there, enabled for whatever target, or not", () => {
    expect(findUnit("vector.service", root)).toEqual({ isEnabled: false });
    symlinkSync(
      at("usr/lib/systemd/system/vector.service"),
      at("etc/systemd/system/graphical.target.wants/vector.service"),
    );
    expect(findUnit("vector.service", root)).toEqual({ isEnabled: true });
    expect(findUnit("kubelet.service", root)).toBeNull();
  });

  it("one that is masked is none", () => {
    symlinkSync("/dev/null", at("etc/systemd/system/vector.service"));
    expect(findUnit("vector.service", root)).toBeNull();
  });
});
