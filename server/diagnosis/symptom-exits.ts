// What the end of a container shows: its exit code, its reason, and whether memory ran out. Pure; asked by symptom.ts.
import { exitMeaning } from "../../diagnosis/exit-codes.ts";
import type { Text } from "../../protocol/text.ts";
import { feltAtEnd, feltAtStart, feltByApplications } from "./check-sides.ts";
import { type Container, lowerFirst, memoryWords, RECENT_MS, type Symptom, symptom, t } from "./symptom-parts.ts";

/** A peak below this share of the limit was not what the limit ended. */
const MEMORY_REACHED = 0.9;
const OOM_REASON = /^oom|oomkilled|out of memory/i;
const START_REASON =
  /starterror|containercannotrun|createcontainer|runcontainer|failed to create|cannot start|could not start/i;

type Exit = { code: number | null; reason: string | null };

/** The symptom of an end; also that of the last one in a loop. */
export function ended(c: Container, { code, reason }: Exit): Symptom {
  if ((reason !== null && OOM_REASON.test(reason)) || (code === 137 && c.oomAgoMs !== null && c.oomAgoMs < RECENT_MS))
    return outOfMemory(c);
  if (code === null)
    return symptom("ended-unknown", {
      areas: [...feltAtEnd],
      text: t("The container has ended; how is not known.", "容器已结束，但退出情况不明。"),
    });
  const meaning = exitMeaning(code);
  const said: Text[] = [
    t(`Exit code ${code}: ${lowerFirst(meaning.title.en)}.`, `退出码 ${code}：${meaning.title.zh}。`),
  ];
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
