// Repair: more memory for TCP's buffers, as long as the machine has it.
import { tcpMemoryPressure } from "../../checks/network/tcp-memory-pressure.ts";
import { t } from "../../checks/text.ts";
import { defineRaise } from "./raise-setting.ts";

const PAGE = 4_096;
/** Share of the machine's memory that TCP may take at most (the kernel itself starts with about 9 %). */
const MEMORY_SHARE_MAX = 0.25;

export const raiseTcpMemory = defineRaise({
  id: "raise-tcp-memory",
  title: t("Raise tcp_mem", "提高 tcp_mem"),
  check: tcpMemoryPressure,
  keys: ["net.ipv4.tcp_mem"],
  next: (value, _key, ctx) => {
    const memory = ctx.facts.identity?.data?.memoryBytes;
    const marks = value.trim().split(/\s+/).map(Number);
    const last = marks[2];
    if (marks.length !== 3 || last === undefined || memory === undefined) return null;
    const raised = marks.map((mark) => Math.floor(mark * 1.5));
    return (raised[2] ?? last) * PAGE > memory * MEMORY_SHARE_MAX ? null : raised.join(" ");
  },
});
