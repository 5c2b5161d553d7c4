// Repair: let more orphaned connections end in order.
import { tcpOrphansMany } from "../../checks/network/tcp-orphans-many.ts";
import { t } from "../../checks/text.ts";
import { defineRaise, doubled } from "./raise-setting.ts";

/** Memory that an orphan may take without being swapped, bytes (ip-sysctl.rst: up to ~64 KiB). */
const ORPHAN_BYTES = 65_536;
const MEMORY_SHARE_MAX = 0.5;

export const raiseTcpOrphans = defineRaise({
  id: "raise-tcp-orphans",
  title: t("Raise tcp_max_orphans", "提高 tcp_max_orphans"),
  check: tcpOrphansMany,
  keys: ["net.ipv4.tcp_max_orphans"],
  next: (value, _key, ctx) => {
    const memory = ctx.facts.identity?.data?.memoryBytes;
    return memory === undefined ? null : doubled(value, Math.floor((memory * MEMORY_SHARE_MAX) / ORPHAN_BYTES));
  },
});
