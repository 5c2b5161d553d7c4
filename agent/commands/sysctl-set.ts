// Command sysctl.set: one number of the kernel, from the value the plan saw to the new one. Only settings from a list (protocol/sysctls.ts).
import { readFileSync, writeFileSync } from "node:fs";
import { SETTABLE_SYSCTL, SYSCTL_NUMBERS } from "../../protocol/sysctls.ts";
import { sysctlPath } from "../collectors/settings.ts";
import { codeOf, Failure, messageOf, Refusal } from "../host/errors.ts";
import { defineCommand } from "./define.ts";

const tidy = (text: string): string => text.trim().replace(/\s+/g, " ");

/**
 * Why a reverse path filter must stay as it is, or null. It is taken off strict only where the node's own configuration or its plugin wants it so, by
 * the agent's own last look; making it strict again is always allowed.
 * @param wanted devices for which a value is wanted
 */
export function filterStays(key: string, value: string, wanted: readonly string[]): string | null {
  const device = /^net\.ipv4\.conf\.(.+)\.rp_filter$/.exec(key)?.[1];
  if (device === undefined || tidy(value) === "1" || wanted.includes(device)) return null;
  return `nothing on this node wants another reverse path filter for ${device}`;
}

export const sysctlSet = defineCommand({
  type: "sysctl.set",
  affects: ["sysctls", "conntrack", "limits", "netstack", "podNetwork", "vm", "kernel"],
  timeoutMs: 10_000,
  async run({ key, expected, value }, ctx) {
    if (!SETTABLE_SYSCTL.test(key))
      throw new Refusal("not-settable", `${key} is not among the settings that may be changed`);
    if (!SYSCTL_NUMBERS.test(value)) throw new Refusal("not-settable", `"${value}" is not a number`);
    const wanted = (ctx.latest("podNetwork")?.rpFilters ?? []).map(({ device }) => device);
    const stays = filterStays(key, value, wanted);
    if (stays !== null) throw new Refusal("not-wanted", stays);
    const path = sysctlPath(key);
    let before: string;
    try {
      before = tidy(readFileSync(path, "utf8"));
    } catch (err) {
      throw new Refusal("no-such-setting", `${key}: ${messageOf(err)}`);
    }
    if (before === tidy(value))
      return { message: `${key} is ${value} already`, changed: false, output: { before, after: before } };
    if (before !== tidy(expected)) throw new Refusal("target-changed", `${key} is ${before} now, not ${expected}`);
    try {
      writeFileSync(path, value);
    } catch (err) {
      const code = codeOf(err);
      if (code === "EACCES" || code === "EPERM" || code === "EROFS")
        throw new Refusal("read-only", `${key} cannot be changed from here`);
      throw new Failure("not-set", `${key}: ${messageOf(err)}`, false);
    }
    const after = tidy(readFileSync(path, "utf8"));
    if (after !== tidy(value))
      throw new Failure("not-set", `${key} is ${after} after it was set to ${value}`, after !== before);
    return { message: `${key}: ${before} → ${after}`, changed: true, output: { before, after } };
  },
});
