// Fact "pressure": share of time in which tasks waited for CPU, memory or I/O (kernel Documentation/accounting/psi.rst).
import type { FactData } from "../../protocol/facts.ts";
import { readText } from "../host/file.ts";
import { defineCollector } from "./define.ts";

type Resource = FactData["pressure"]["cpu"];
type Averages = NonNullable<Resource>["some"];

/** Percent to halves below 10 and to whole numbers above. */
const round = (percent: number): number => (percent < 10 ? Math.round(percent * 2) / 2 : Math.round(percent));

/** One file of /proc/pressure; null when it has no "some" line. */
export function parsePressure(text: string): Resource {
  const line = (name: string): Averages | null => {
    const match = new RegExp(`^${name} avg10=([\\d.]+) avg60=([\\d.]+) avg300=([\\d.]+)`, "m").exec(text);
    if (!match) return null;
    return { avg10: round(Number(match[1])), avg60: round(Number(match[2])), avg300: round(Number(match[3])) };
  };
  const some = line("some");
  return some ? { some, full: line("full") } : null;
}

/** The kernel may have no PSI, or it may be switched off (then reading fails): null, not zero. */
const read = (name: string): Resource => parsePressure(readText(`/proc/pressure/${name}`) ?? "");

export const pressure = defineCollector({
  kind: "pressure",
  everyMs: 15_000,
  timeoutMs: 5_000,
  read: () => ({ cpu: read("cpu"), memory: read("memory"), io: read("io") }),
});
