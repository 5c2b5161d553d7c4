// Command kernel.load-module: loads one of the kernel modules that container nodes need. The node's own list of modules not to load (modprobe.d) holds.
import { existsSync } from "node:fs";
import { release } from "node:os";
import { Failure, Refusal } from "../host/errors.ts";
import { readText } from "../host/file.ts";
import { run } from "../host/run.ts";
import { defineCommand } from "./define.ts";

/** Whether the kernel has it: loaded, or built in. */
export function hasModule(name: string, root = ""): boolean {
  if (existsSync(`${root}/sys/module/${name}`)) return true;
  if (new RegExp(`^${name} `, "m").test(readText(`${root}/proc/modules`) ?? "")) return true;
  const builtin = readText(`${root}/lib/modules/${release()}/modules.builtin`) ?? "";
  return builtin.split("\n").some((line) => line.split("/").at(-1)?.replaceAll("-", "_") === `${name}.ko`);
}

export const kernelLoadModule = defineCommand({
  type: "kernel.load-module",
  affects: ["kernel", "sysctls", "conntrack"],
  timeoutMs: 40_000,
  async run({ name }) {
    if (hasModule(name)) return { message: `the kernel has ${name} already`, changed: false };
    if (readText("/proc/sys/kernel/modules_disabled") === "1")
      throw new Refusal("modules-disabled", "this kernel takes no more modules until its next start");
    const result = await run(["modprobe", "--use-blacklist", "--", name], { timeoutMs: 30_000 });
    if (result.code === null && !result.timedOut) throw new Refusal("no-tool", `modprobe: ${result.stderr.trim()}`);
    if (hasModule(name)) return { message: `${name} is loaded`, changed: true };
    if (result.code === 0) throw new Refusal("blacklisted", `${name} is on this node's list of modules not to load`);
    throw new Failure("not-loaded", `modprobe ${name}: ${result.stderr.trim() || "it took too long"}`, false);
  },
});
