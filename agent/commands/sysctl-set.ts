// Command sysctl.set: one number of the kernel, from the value the plan saw to the new one. Only settings from a list: some sysctls
// (kernel.core_pattern, kernel.modprobe) would hand out root.
import { readFileSync, writeFileSync } from "node:fs";
import { sysctlPath } from "../collectors/settings.ts";
import { codeOf, Failure, messageOf, Refusal } from "../host/errors.ts";
import { defineCommand } from "./define.ts";

/** What may be set at all. */
const settable =
  /^(net\.netfilter\.nf_conntrack_(max|buckets|[a-z_]*timeout[a-z_]*)|net\.core\.(somaxconn|netdev_max_backlog)|net\.ipv4\.(ip_local_port_range|tcp_max_syn_backlog|neigh\.default\.gc_thresh[123])|vm\.(max_map_count|min_free_kbytes|swappiness)|fs\.(file-max|nr_open|inotify\.max_user_(instances|watches))|kernel\.(pid_max|threads-max))$/;
const numbers = /^\d{1,12}(\s\d{1,12})*$/;

const tidy = (text: string): string => text.trim().replace(/\s+/g, " ");

export const sysctlSet = defineCommand({
  type: "sysctl.set",
  affects: ["sysctls", "conntrack", "limits"],
  timeoutMs: 10_000,
  async run({ key, expected, value }) {
    if (!settable.test(key)) throw new Refusal("not-settable", `${key} is not among the settings that may be changed`);
    if (!numbers.test(value)) throw new Refusal("not-settable", `"${value}" is not a number`);
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
