// What a container itself shows: one symptom, the first that applies, with whose it is when nothing of the node explains it. Pure.
import type { Text } from "../../protocol/text.ts";
import { feltAtEnd, feltAtStart, feltByApplications, feltWhileRunning } from "./check-sides.ts";
import { ended } from "./symptom-exits.ts";
import { type Container, memoryWords, RECENT_MS, type Symptom, symptom, t } from "./symptom-parts.ts";

/** Thresholds as the checks of the catalogue have them: container-memory-near-limit, container-cpu-throttled, container-pids-limit. */
const MEMORY_FULL = 0.95;
const THROTTLED = 0.5;
const PIDS_FULL = 0.95;
const FILES_FULL = 0.95;
/** Restarts within 15 min from which on it is a loop (container-restarting). */
const LOOP = 3;
/** A container that has waited longer than this to be started waits for something. */
const START_SLOW_MS = 60_000;

/** The first of what a container shows; being well is a symptom, too. */
export function symptomOf(c: Container): Symptom {
  switch (c.state) {
    case "exited":
      return ended(c, { code: c.exitCode, reason: c.reason });
    case "created":
      return waiting(c);
    case "paused":
      return c.frozenBy === null ? paused() : pausedBy(c.frozenBy);
    case "unknown":
      return symptom("lost", {
        areas: [...feltAtEnd],
        text: t("The container runtime cannot say how this container is.", "容器运行时无法给出该容器的状态。"),
      });
    case "running":
      return running(c);
  }
}

function running(c: Container): Symptom {
  if (c.isFrozen) return c.frozenBy === null ? frozen() : pausedBy(c.frozenBy);
  const own = ownLimit(c);
  if (own) return own;
  if (c.restarts >= LOOP && c.lastExit) {
    const loop = ended({ ...c, state: "exited", exitCode: c.lastExit.code }, c.lastExit);
    return {
      ...loop,
      isWell: false,
      ...(loop.isWell ? { side: "yours", cause: "container-app-exits" } : {}),
      because: [
        ...loop.because,
        t(`It was started again ${c.restarts} times within 15 min.`, `15 分钟内重启了 ${c.restarts} 次。`),
      ],
    };
  }
  if (c.health === "unhealthy")
    return symptom("unhealthy", {
      cause: "probe-failing",
      side: "yours",
      areas: [...feltByApplications],
      text: t("The container runs, but its own health check fails.", "容器在运行，但其自身的健康检查失败。"),
    });
  return symptom("none", {
    isWell: true,
    areas: [...feltWhileRunning],
    text: t("Nothing is wrong with this container that we can see.", "没有发现该容器存在问题。"),
  });
}

/** A limit that the container itself has reached: no node can help with that. */
function ownLimit(c: Container): Symptom | null {
  const own = (id: string, cause: string | null, text: Text, because: Text[] = []) =>
    symptom(id, { cause, side: "yours", isOwn: true, text, because });
  if (c.oomAgoMs !== null && c.oomAgoMs < RECENT_MS)
    return own(
      "oom-of-a-process",
      "oom-kill",
      t(
        "It is the container: one of its processes was killed since the container's memory limit was reached. The container still runs, perhaps without that process.",
        "是容器自身的问题：容器达到内存上限，其中一个进程被终止。容器仍在运行，但可能缺少该进程。",
      ),
      memoryWords(c),
    );
  const { pidsCurrent, pidsMax, memoryLimitBytes: limit, memoryUsedBytes: used } = c;
  const isPidsFull = pidsMax !== null && pidsCurrent !== null && pidsCurrent >= PIDS_FULL * pidsMax;
  if (isPidsFull || (c.pidsRefusedAgoMs !== null && c.pidsRefusedAgoMs < RECENT_MS))
    return own(
      "pids-full",
      "pids-limit",
      t(
        "It is the container: it has reached the number of processes and threads that it may have, and cannot start another one.",
        "是容器自身的问题：已达到允许的进程/线程数上限，无法再创建新的。",
      ),
      pidsMax === null
        ? []
        : [t(`${pidsCurrent ?? "?"} of ${pidsMax} are in use.`, `已使用 ${pidsCurrent ?? "?"} / ${pidsMax}。`)],
    );
  if (limit !== null && used !== null && limit > 0 && used >= MEMORY_FULL * limit)
    return own(
      "memory-full",
      null,
      t(
        "It is the container: its memory is almost at the limit, so it becomes slow and may be killed next.",
        "是容器自身的问题：内存几乎达到上限，会变慢，随时可能被终止。",
      ),
      memoryWords(c),
    );
  if (
    c.openFiles !== null &&
    c.openFilesMax !== null &&
    c.openFilesMax > 0 &&
    c.openFiles >= FILES_FULL * c.openFilesMax
  )
    return own(
      "files-full",
      "nofile-limit",
      t(
        "It is the container: it has almost as many files and connections open as it may have.",
        "是容器自身的问题：打开的文件和连接数几乎达到上限。",
      ),
      [t(`${c.openFiles} of ${c.openFilesMax} are open.`, `已打开 ${c.openFiles} / ${c.openFilesMax}。`)],
    );
  if (c.throttledRatio !== null && c.throttledRatio >= THROTTLED)
    return own(
      "cpu-throttled",
      null,
      t(
        "It is the container: its CPU limit is too low for what it does, so it is made to wait again and again.",
        "是容器自身的问题：CPU 上限低于实际所需，容器反复被限流等待。",
      ),
      [
        t(
          `It had to wait in ${Math.round(c.throttledRatio * 100)} % of the periods.`,
          `${Math.round(c.throttledRatio * 100)}% 的调度周期内被限流。`,
        ),
      ],
    );
  return null;
}

function waiting(c: Container): Symptom {
  const isSlow = c.ageMs === null || c.ageMs > START_SLOW_MS;
  if (!isSlow && (c.reason === null || c.reason === ""))
    return symptom("starting", {
      isWell: true,
      areas: [...feltAtStart],
      text: t("The container is just being started.", "容器正在启动。"),
    });
  return symptom("not-started", {
    areas: [...feltAtStart],
    text: t("The container was made, but it has not started.", "容器已创建，但尚未启动。"),
    because: c.reason ? [t(`The runtime says: ${c.reason}`, `运行时给出的原因：${c.reason}`)] : [],
  });
}

const paused = (): Symptom =>
  symptom("paused", {
    side: "either",
    areas: ["cgroup"],
    text: t(
      "The container is paused. Somebody or something has asked for that.",
      "容器处于暂停状态，由某人或某程序触发。",
    ),
  });

const pausedBy = (who: string): Symptom =>
  symptom("paused-by", {
    side: "unsure",
    isOwn: true,
    text: t(
      `The container is paused on purpose (${who}) and goes on afterwards.`,
      `容器被有意暂停（${who}），结束后会继续运行。`,
    ),
  });

const frozen = (): Symptom =>
  symptom("frozen", {
    side: "ours",
    areas: ["cgroup"],
    text: t(
      "It is our node: the container is frozen and nobody asked for it.",
      "是节点的问题：容器被冻结，且并非任何人有意为之。",
    ),
  });
