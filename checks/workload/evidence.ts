// Pieces that the checks of containers share: how a container is called, whether a kubelet cares for it, what an exit code says.
import type { FactData, Facts } from "../../protocol/facts.ts";
import type { Text } from "../../protocol/text.ts";
import { shortId, t } from "../text.ts";

export type Seen = FactData["workload"]["containers"][number];
type Container = FactData["containers"][number];

/** How people call a container or a pod's sandbox: "web/app", "web", or the beginning of its id when the lists do not name it. */
export function whoOf(all: Facts, id: string): string {
  const container = containerOf(all, id);
  if (!container) return all.pods?.data?.find((pod) => pod.id === id)?.name ?? shortId(id);
  return container.podName ? `${container.podName}/${container.name}` : container.name;
}

/** The container in the runtimes' lists. */
export const containerOf = (all: Facts, id: string): Container | undefined =>
  all.containers?.data?.find((container) => container.id === id);

/** Cause that nodes with the same image share. */
export const imageCause = (all: Facts, id: string): string | undefined => {
  const image = containerOf(all, id)?.image;
  return image ? `image:${image}` : undefined;
};

/** A running kubelet removes and restarts by itself. */
export const hasKubelet = (all: Facts): boolean =>
  (all.modules?.data ?? []).some((m) => m.kind === "kubelet" && m.state !== "absent" && m.state !== "stopped");

/** As kubelets get uids: from the API server, or the hash of a static pod's file. */
const KUBERNETES_UID = /^([0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32})$/;
/** Distributions whose kubelet is a part of another program (k3s, RKE2, k0s, MicroK8s), by the socket of their containerd. */
const WITHIN = /\/(k3s|k0s|rke2|microk8s)\//;

/**
 * Is it for a kubelet to remove this pod? One that is stopped, or that is a part of another program, still owns what it made: it keeps the last
 * sandbox of a pod that exists, with its ended containers and their logs, and looks at them again when it runs.
 */
export function isForKubelet(
  all: Facts,
  pod: Pick<FactData["pods"][number], "uid" | "runtime" | "isKubelets">,
): boolean {
  if (pod.isKubelets ?? KUBERNETES_UID.test(pod.uid)) return true;
  if ((all.modules?.data ?? []).some((m) => m.kind === "kubelet" && m.state !== "absent")) return true;
  const runtime = all.runtimes?.data?.find((r) => r.id === pod.runtime);
  return all.kubelet?.data?.present === true || WITHIN.test(runtime?.endpoint ?? "");
}

const signals: Record<number, string> = {
  1: "SIGHUP",
  2: "SIGINT",
  3: "SIGQUIT",
  4: "SIGILL",
  6: "SIGABRT",
  7: "SIGBUS",
  8: "SIGFPE",
  9: "SIGKILL",
  11: "SIGSEGV",
  13: "SIGPIPE",
  15: "SIGTERM",
};

/** What an exit code says (docker-run(1), bash(1) "EXIT STATUS"). */
export function exitMeaning(code: number): Text {
  if (code === 125) return t("the engine itself failed", "引擎自身出错");
  if (code === 126) return t("the program could not be executed", "程序无法执行");
  if (code === 127) return t("the program was not found", "找不到程序");
  const signal = signals[code - 128];
  if (signal) return t(`ended by ${signal}`, `被 ${signal} 结束`);
  return code === 0
    ? t("ended by itself without an error", "自行正常结束")
    : t("ended by itself with an error", "自行报错退出");
}
