// What a container itself shows: one symptom, the first that applies, with whose it is when nothing of the node explains it. Pure.
import type { Area } from "../../checks/define.ts";
import { exitMeaning } from "../../diagnosis/exit-codes.ts";
import type { Text } from "../../protocol/text.ts";
import { feltAtEnd, feltAtStart, feltByApplications, feltWhileRunning } from "./check-sides.ts";
import type { VerdictSide } from "./schema.ts";

/** What is known of a container; null where this node cannot tell. Bytes, ms, ratios 0–1. */
export type Container = {
  state: "created" | "running" | "paused" | "exited" | "unknown";
  exitCode: number | null;
  reason: string | null;
  /** How long it has been in this state as far as that is known. */
  ageMs: number | null;
  /** Starts after the first within the last 15 min, and how the one before ended. */
  restarts: number;
  lastExit: { code: number | null; reason: string | null } | null;
  memoryLimitBytes: number | null;
  memoryUsedBytes: number | null;
  memoryPeakBytes: number | null;
  /** How long ago the kernel last ended a process of its own control group for memory; null: never, as far as was seen. */
  oomAgoMs: number | null;
  pidsCurrent: number | null;
  pidsMax: number | null;
  pidsRefusedAgoMs: number | null;
  throttledRatio: number | null;
  openFiles: number | null;
  openFilesMax: number | null;
  isFrozen: boolean | null;
  /** Who keeps it frozen on purpose. */
  frozenBy: string | null;
  health: "starting" | "healthy" | "unhealthy" | null;
};

export type Symptom = {
  id: string;
  /** The cause that it mostly is. */
  cause: string | null;
  /** Where no trouble of the node explains it. */
  side: VerdictSide;
  /** It is the container's, whatever else is wrong on the node. */
  isOwn: boolean;
  isWell: boolean;
  text: Text;
  because: readonly Text[];
  /** Areas whose troubles on the node explain it. */
  areas: readonly Area[];
};

const t = (en: string, zh: string): Text => ({ en, zh });

/** Thresholds as the checks of the catalogue have them: container-memory-near-limit, container-cpu-throttled, container-pids-limit. */
const MEMORY_FULL = 0.95;
/** A peak below this share of the limit was not what the limit ended. */
const MEMORY_REACHED = 0.9;
const THROTTLED = 0.5;
const PIDS_FULL = 0.95;
const FILES_FULL = 0.95;
/** What happened longer ago is not what is asked about now. */
const RECENT_MS = 15 * 60_000;
/** Restarts within 15 min from which on it is a loop (container-restarting). */
const LOOP = 3;
/** A container that has waited longer than this to be started waits for something. */
const START_SLOW_MS = 60_000;

const OOM_REASON = /^oom|oomkilled|out of memory/i;
const START_REASON =
  /starterror|containercannotrun|createcontainer|runcontainer|failed to create|cannot start|could not start/i;

const symptom = (id: string, rest: Partial<Symptom> & Pick<Symptom, "text">): Symptom => ({
  id,
  cause: null,
  side: "unsure",
  isOwn: false,
  isWell: false,
  because: [],
  areas: [],
  ...rest,
});

const mebi = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MiB`;

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

function memoryWords({ memoryLimitBytes: limit, memoryUsedBytes: used, memoryPeakBytes: peak }: Container): Text[] {
  if (limit === null) return [];
  const most = peak ?? used;
  return [
    most === null
      ? t(`Its limit is ${mebi(limit)}.`, `其内存上限为 ${mebi(limit)}。`)
      : t(
          `Its limit is ${mebi(limit)}, the most it used is ${mebi(most)}.`,
          `其内存上限为 ${mebi(limit)}，最高用到 ${mebi(most)}。`,
        ),
  ];
}

type Exit = { code: number | null; reason: string | null };

function ended(c: Container, { code, reason }: Exit): Symptom {
  if ((reason !== null && OOM_REASON.test(reason)) || (code === 137 && c.oomAgoMs !== null && c.oomAgoMs < RECENT_MS))
    return outOfMemory(c);
  if (code === null)
    return symptom("ended-unknown", {
      areas: [...feltAtEnd],
      text: t("The container has ended; how is not known.", "容器已结束，但退出情况不明。"),
    });
  const meaning = exitMeaning(code);
  const said: Text[] = [t(`Exit code ${code}: ${lower(meaning.title.en)}.`, `退出码 ${code}：${meaning.title.zh}。`)];
  if (code === 127)
    return symptom("not-in-image", {
      cause: "exec-not-found",
      side: "yours",
      isOwn: true,
      text: t(
        "It is the container: the program that it should start is not in its image.",
        "是容器自身的问题：镜像中没有要启动的程序。",
      ),
      because: said,
    });
  if (code === 126)
    return symptom("not-executable", {
      cause: "noexec-mount",
      side: "yours",
      isOwn: true,
      text: t(
        "It is the container: the program that it should start is there but cannot be run.",
        "是容器自身的问题：要启动的程序存在，但无法执行。",
      ),
      because: said,
    });
  if (code === 125 || code === 128 || (reason !== null && START_REASON.test(reason)))
    return symptom("not-started", {
      side: "either",
      areas: [...feltAtStart],
      text: t("The container could not be started.", "容器未能启动。"),
      because: said,
    });
  return byCode(c, code, said);
}

function byCode(c: Container, code: number, because: Text[]): Symptom {
  switch (code) {
    case 0:
      return symptom("done", {
        isWell: true,
        text: t(
          "The container has done its work and ended by itself, without an error.",
          "容器已完成任务并自行结束，没有报错。",
        ),
        because,
      });
    case 130:
    case 143:
      return symptom("asked-to-end", {
        areas: [...feltAtEnd],
        text: t(
          "The container was asked to end and did so in order. Who asked cannot be seen here: a new version, a move to another node, or a failed health probe.",
          "容器收到停止请求后正常退出。此处看不出请求来源：可能是发布新版本、迁移到其他节点，或健康检查失败。",
        ),
        because,
      });
    case 137:
      return symptom("killed", {
        areas: [...feltAtEnd],
        text: t(
          "The container was killed at once, and not for its own memory limit as far as we can see. It may not have ended in time when it was asked to, or a health probe failed.",
          "容器被强制终止，就目前所见并非因其自身内存上限。可能是收到停止请求后未及时退出，或健康检查失败。",
        ),
        because: [...because, ...memoryWords(c)],
      });
    case 255:
      return symptom("ended-255", {
        side: "either",
        areas: [...feltAtEnd],
        text: t("The container ended, and the number does not say why.", "容器已结束，退出码无法说明原因。"),
        because,
      });
  }
  const crashed = [132, 134, 135, 136, 139].includes(code);
  return symptom(crashed ? "crashed" : "application-error", {
    cause: "container-app-exits",
    side: "yours",
    areas: crashed ? ["hardware"] : [...feltByApplications],
    text: crashed
      ? t("It is the container: its program crashed.", "是容器自身的问题：程序崩溃。")
      : t("It is the container: its program ended with an error of its own.", "是容器自身的问题：程序因自身错误退出。"),
    because,
  });
}

function outOfMemory(c: Container): Symptom {
  const { memoryLimitBytes: limit, memoryPeakBytes: peak } = c;
  const because = memoryWords(c);
  if (limit === null)
    return symptom("oom-without-limit", {
      cause: "oom-kill",
      side: "either",
      areas: ["memory"],
      text: t(
        "It was killed since memory ran out. It has no memory limit, so it was the node's memory: this container or others used too much.",
        "因内存耗尽被终止。该容器没有设置内存上限，耗尽的是节点内存：可能是它，也可能是其他容器占用过多。",
      ),
      because,
    });
  if (peak !== null && peak < MEMORY_REACHED * limit)
    return symptom("oom-below-limit", {
      cause: "oom-kill",
      side: "either",
      areas: ["memory"],
      text: t(
        "It was killed since memory ran out, although it was below its own limit: a limit above it (of its pod) or the node's memory was used up.",
        "因内存耗尽被终止，但其自身并未达到上限：可能是 Pod 的上限或节点内存已用尽。",
      ),
      because,
    });
  return symptom("oom", {
    cause: "oom-kill",
    side: "yours",
    isOwn: true,
    text: t(
      "It is the container: it needed more memory than its limit allows and was killed.",
      "是容器自身的问题：所需内存超过上限，被终止。",
    ),
    because,
  });
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

const lower = (text: string): string => (/^[A-Z][a-z]/.test(text) ? text[0]?.toLowerCase() + text.slice(1) : text);
