// Checks of what the kernel, journals and daemons wrote. The rules are data (log-rules/); each file here gives some of them their words.
import type { Check } from "../define.ts";
import { hardwareLogChecks } from "./hardware.ts";
import { kernelLogChecks } from "./kernel.ts";
import { kubeletLogChecks } from "./kubelet.ts";
import { networkLogChecks } from "./network.ts";
import { runtimeLogChecks } from "./runtime.ts";
import { storageLogChecks } from "./storage.ts";

export const logsChecks = [
  ...kernelLogChecks,
  ...storageLogChecks,
  ...networkLogChecks,
  ...hardwareLogChecks,
  ...runtimeLogChecks,
  ...kubeletLogChecks,
] as const satisfies readonly Check[];
