// Checks of the services: systemd, kubelet, certificates, endpoints, names. One import, one line.
import type { Check } from "../define.ts";
import { agentOverloaded } from "./agent-overloaded.ts";
import { certificateExpired } from "./certificate-expired.ts";
import { certificateExpiring } from "./certificate-expiring.ts";
import { cronTooOften } from "./cron-too-often.ts";
import { dnsFailing } from "./dns-failing.ts";
import { dnsSlow } from "./dns-slow.ts";
import { egressBlocked } from "./egress-blocked.ts";
import { endpointFailing } from "./endpoint-failing.ts";
import { kubeletDown } from "./kubelet-down.ts";
import { kubeletUnhealthy } from "./kubelet-unhealthy.ts";
import { moduleFilesExhausted } from "./module-files-exhausted.ts";
import { moduleHung } from "./module-hung.ts";
import { moduleStopped } from "./module-stopped.ts";
import { orphanPodVolumes } from "./orphan-pod-volumes.ts";
import { podsNearCapacity } from "./pods-near-capacity.ts";
import { resolvConfBroken } from "./resolv-conf-broken.ts";
import { systemdBusSlow } from "./systemd-bus-slow.ts";
import { systemdOffline } from "./systemd-offline.ts";
import { systemdUnitFailed } from "./systemd-unit-failed.ts";
import { systemdUnitRestarting } from "./systemd-unit-restarting.ts";
import { systemdUnitsMany } from "./systemd-units-many.ts";
import { timeServiceDown } from "./time-service-down.ts";

export const servicesChecks = [
  agentOverloaded,
  certificateExpired,
  certificateExpiring,
  cronTooOften,
  dnsFailing,
  dnsSlow,
  egressBlocked,
  endpointFailing,
  kubeletDown,
  kubeletUnhealthy,
  moduleFilesExhausted,
  moduleHung,
  moduleStopped,
  orphanPodVolumes,
  podsNearCapacity,
  resolvConfBroken,
  systemdBusSlow,
  systemdOffline,
  systemdUnitFailed,
  systemdUnitRestarting,
  systemdUnitsMany,
  timeServiceDown,
] as const satisfies readonly Check[];
