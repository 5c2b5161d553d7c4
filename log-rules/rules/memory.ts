// Rules: processes that the kernel killed for want of memory, told apart by whose limit it was. Format: mm/oom_kill.c, mm/memcontrol.c.
import { type LogRule, times } from "../rule.ts";

const { minute, hour } = times;
const NAMES = ["OOMKilling", "OOM", "SystemOOM"];

export const memoryRules = [
  {
    id: "node-out-of-memory",
    sources: ["kernel"],
    match: [
      // Kernel ≥ 5.0 "Out of memory: Killed process 1 (x) total-vm…"; before "Out of memory: Kill process 1 (x) score 9 or sacrifice child".
      "\\bOut of memory(?: \\(oom_kill_allocating_task\\))?: [Kk]ill(?:ed)? process (?P<pid>\\d+)(?:, UID \\d+)?,? \\((?P<task>.{1,64}?)\\)",
      "oom-kill:constraint=CONSTRAINT_(?:NONE|CPUSET|MEMORY_POLICY),.{0,400}?task=(?P<task>.{1,64}?),pid=(?P<pid>\\d+)",
      "Out of memory and no killable processes",
    ],
    subject: "node",
    ttlMs: hour,
    sameBy: ["pid"],
    severity: "critical",
    aliases: NAMES,
  },
  {
    id: "container-out-of-memory",
    sources: ["kernel"],
    match: [
      "Memory cgroup out of memory(?: \\(oom_kill_allocating_task\\))?: [Kk]ill(?:ed)? process (?P<pid>\\d+)(?:, UID \\d+)?,? \\((?P<task>.{1,64}?)\\)",
      "oom-kill:constraint=CONSTRAINT_MEMCG,.{0,400}?(?:oom_memcg=(?P<memcg>[^,]{1,200}),)?task_memcg=(?P<taskMemcg>[^,]{1,200}),task=(?P<task>.{1,64}?),pid=(?P<pid>\\d+)",
      "Memory cgroup out of memory and no killable processes",
    ],
    subject: "{task}",
    ttlMs: hour,
    sameBy: ["pid"],
    severity: "info",
    aliases: NAMES,
  },
  {
    // The second line of kernels before 5.0: the line before it says whose limit it was, so it makes no finding of its own.
    id: "process-killed-for-memory",
    sources: ["kernel"],
    match: [
      "^Killed process (?P<pid>\\d+)(?:, UID \\d+)?,? \\((?P<task>.{1,64}?)\\),?.{0,40}?\\b(?:total-vm|vsz):\\d+kB",
    ],
    subject: "{task}",
    ttlMs: 10 * minute,
    severity: "info",
    aliases: NAMES,
  },
] as const satisfies readonly LogRule[];
