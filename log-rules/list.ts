// Every log rule: the explicit list from which the matcher, the agent's collector, the checks and `nodeops eval kmsg` derive.

import type { LogRule } from "./rule.ts";
import { filesystemRules } from "./rules/filesystem.ts";
import { hardwareRules } from "./rules/hardware.ts";
import { kernelRules } from "./rules/kernel.ts";
import { kubeletRules } from "./rules/kubelet.ts";
import { memoryRules } from "./rules/memory.ts";
import { networkRules } from "./rules/network.ts";
import { runtimeRules } from "./rules/runtime.ts";
import { storageRules } from "./rules/storage.ts";

const listed = [
  ...kernelRules,
  ...memoryRules,
  ...storageRules,
  ...filesystemRules,
  ...networkRules,
  ...hardwareRules,
  ...runtimeRules,
  ...kubeletRules,
] as const satisfies readonly LogRule[];

export type LogRuleId = (typeof listed)[number]["id"];

export const logRules: readonly LogRule[] = listed;

/** Id → rule. */
export const logRuleById: ReadonlyMap<string, LogRule> = new Map(logRules.map((rule) => [rule.id, rule]));
