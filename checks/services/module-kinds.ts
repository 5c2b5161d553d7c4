// Which modules have checks of their own: the general ones leave these alone, so that one trouble is told once.
import type { FactData } from "../../protocol/facts.ts";

export type Module = FactData["modules"][number];

/** Daemons that keep the clock. */
export const isTimeService = (module: Pick<Module, "name">): boolean =>
  /^(chronyd?|ntpd?|ntpsec|openntpd|ntpd-rs|systemd-timesyncd?)$/.test(module.name);

/** Kinds that other checks watch: runtimes, lxcfs, image distribution, kubelet, and the agent, which cannot tell of its own end. */
const WATCHED_KINDS: ReadonlySet<Module["kind"]> = new Set([
  "runtime",
  "lxcfs",
  "dragonfly",
  "overlaybd",
  "kubelet",
  "agent",
]);

/** What systemd says of an end that somebody wished for; stays a finding, for one may forget to start it again. */
export const onPurpose = (module: Pick<Module, "ended">): { en: string; zh: string } =>
  module.ended === "cleanly"
    ? { en: " systemd says that it was stopped on purpose.", zh: "systemd 表明它是被主动停止的。" }
    : { en: "", zh: "" };

/** A module that only the general checks watch. */
export const isGeneral = (module: Module): boolean => !WATCHED_KINDS.has(module.kind) && !isTimeService(module);
