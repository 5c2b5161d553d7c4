// Checks of images and how they reach the node. One import, one line.
import type { Check } from "../define.ts";
import { imageLayersUnshared } from "./image-layers-unshared.ts";
import { imageNotPrewarmed } from "./image-not-prewarmed.ts";
import { imagePullFailing } from "./image-pull-failing.ts";
import { imagePullSlow } from "./image-pull-slow.ts";
import { imagePulledWhole } from "./image-pulled-whole.ts";
import { imageRegistryNotAllowed } from "./image-registry-not-allowed.ts";
import { imageUntagged } from "./image-untagged.ts";
import { imageUnusedLarge } from "./image-unused-large.ts";
import { onDemandBackendDown } from "./on-demand-backend-down.ts";
import { onDemandImageIncomplete } from "./on-demand-image-incomplete.ts";
import { onDemandPageCacheLoss } from "./on-demand-page-cache-loss.ts";
import { p2pDaemonDown } from "./p2p-daemon-down.ts";
import { p2pSeedMissing } from "./p2p-seed-missing.ts";
import { registryMirrorDown } from "./registry-mirror-down.ts";
import { runtimeInterfaceFailing } from "./runtime-interface-failing.ts";
import { runtimeInterfaceSlow } from "./runtime-interface-slow.ts";
import { startObjectiveMissed } from "./start-objective-missed.ts";

export const imageChecks = [
  p2pDaemonDown,
  p2pSeedMissing,
  registryMirrorDown,
  onDemandBackendDown,
  onDemandImageIncomplete,
  onDemandPageCacheLoss,
  imagePullFailing,
  imagePullSlow,
  imagePulledWhole,
  imageNotPrewarmed,
  imageLayersUnshared,
  imageUntagged,
  imageUnusedLarge,
  imageRegistryNotAllowed,
  startObjectiveMissed,
  runtimeInterfaceSlow,
  runtimeInterfaceFailing,
] as const satisfies readonly Check[];
