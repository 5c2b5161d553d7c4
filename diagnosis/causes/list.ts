// All causes. To add one: an entry in the file of its theme, with the words that components print and the words that people write.
import type { Cause } from "../cause.ts";
import { acceleration } from "./acceleration.ts";
import { cgroups } from "./cgroups.ts";
import { cni } from "./cni.ts";
import { kernel } from "./kernel.ts";
import { limits } from "./limits.ts";
import { namesAndClocks } from "./names-and-clocks.ts";
import { pulls } from "./pulls.ts";
import { runtime } from "./runtime.ts";
import { security } from "./security.ts";
import { start } from "./start.ts";
import { storage } from "./storage.ts";
import { vm } from "./vm.ts";
import { volumes } from "./volumes.ts";

export const causes: readonly Cause[] = [
  ...pulls,
  ...acceleration,
  ...cni,
  ...namesAndClocks,
  ...cgroups,
  ...limits,
  ...kernel,
  ...storage,
  ...volumes,
  ...start,
  ...security,
  ...runtime,
  ...vm,
];
