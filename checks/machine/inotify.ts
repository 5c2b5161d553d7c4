// What the two inotify checks share: the user that is nearest to the limit, and who holds most of it.
import type { FactData } from "../../protocol/facts.ts";
import type { Evidence } from "../define.ts";
import { isOver, numberOf, tableOf } from "../parts.ts";
import { t } from "../text.ts";

type Inotify = FactData["kernel"]["inotify"];

/** The users near the limit, with evidence; the limit counts per user. */
export function usersNear(
  inotify: Inotify,
  what: "instances" | "watches",
  open: ReadonlySet<string>,
  levels: { raiseRatio: number; clearRatio: number },
): { subject: string; uid: number; used: number; max: number; evidence: Evidence[] }[] {
  const max = what === "instances" ? inotify.instancesMax : inotify.watchesMax;
  if (max === null || max === 0) return [];
  return inotify.users.flatMap((user) => {
    const subject = `uid ${user.uid}`;
    const used = user[what];
    if (!isOver(used / max, open.has(subject), levels.raiseRatio, levels.clearRatio)) return [];
    const holders = inotify.processes.filter((p) => p.uid === user.uid).sort((a, b) => b[what] - a[what]);
    return [
      {
        subject,
        uid: user.uid,
        used,
        max,
        evidence: [
          numberOf(t("Used", "已使用"), "kernel", used, "count", max),
          tableOf(
            t("Who holds most", "占用最多的进程"),
            "kernel",
            ["process", "pid", "instances", "watches"],
            holders.map((p) => [p.name, p.pid, p.instances, p.watches]),
          ),
        ],
      },
    ];
  });
}
