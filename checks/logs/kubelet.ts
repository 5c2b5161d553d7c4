// Checks on log lines of kubelet and systemd. Words only: which lines, how often and for how long is said by log-rules/rules/.
import { t } from "../text.ts";
import { fromRule } from "./from-rule.ts";

export const kubeletLogChecks = [
  fromRule({
    id: "kubelet-restarts-often",
    area: "kubelet",
    title: t("kubelet restarts again and again", "kubelet 反复重启"),
    says: t("The kubelet was started again and again without being stopped", "kubelet 在未被正常停止的情况下反复启动"),
    suggestion: t(
      "Read its last fatal line; go back to the flags, certificate or version before the last change.",
      "查看最后一条致命日志；回退最近变更的参数、证书或版本。",
    ),
    dependsOn: ["runtime-program-crashed", "kubelet-down", "systemd-unit-restarting"],
  }),
  fromRule({
    id: "pod-lifecycle-events-stale",
    area: "kubelet",
    title: t("kubelet's view of containers is stale (PLEG)", "kubelet 的容器视图过期（PLEG）"),
    says: t("The kubelet has not been able to list its containers for {since}", "kubelet 已有 {since} 无法列出容器"),
    suggestion: t(
      "Find the one container whose inspection hangs (dead volume, dead shim) first; restart the runtime next and the kubelet last.",
      "先找出查询时卡住的那个容器（失效的卷或 shim）；其次重启运行时，最后重启 kubelet。",
    ),
    dependsOn: ["runtime-hung", "runtime-down", "nfs-server-silent", "nfs-not-answering"],
  }),
  fromRule({
    id: "pod-volumes-orphaned",
    area: "kubelet",
    title: t("Leftover volumes of pods", "Pod 卷残留"),
    says: t("The kubelet finds folders of pods that are gone", "kubelet 发现已消失 Pod 的残留目录"),
    suggestion: t(
      "Look whether anything below them is still mounted; remove only what is empty and not mounted. Never `rm -r`: volumes of users have been lost so.",
      "确认其下是否仍有挂载；只删除空且未挂载的目录。切勿 `rm -r`：曾有用户数据因此丢失。",
    ),
    dependsOn: ["orphan-pod-volumes"],
  }),
  fromRule({
    id: "pod-cannot-leave",
    area: "kubelet",
    title: t("Pod cannot be removed", "Pod 无法移除"),
    says: t("Pods stay because a container of theirs does not exit", "Pod 因容器未退出而无法移除"),
    suggestion: t(
      "See whether the container's process hangs in the kernel; if its shim is dead, end the shim; then restart the kubelet.",
      "查看容器进程是否卡在内核；若 shim 已失效则结束 shim，再重启 kubelet。",
    ),
    dependsOn: ["runtime-hung", "runtime-down", "tasks-stuck", "nfs-not-answering", "pod-stuck-terminating"],
  }),
  fromRule({
    id: "runtime-calls-time-out",
    area: "kubelet",
    title: t("Calls to the runtime time out", "运行时调用超时"),
    says: t("Calls of the kubelet to the runtime take longer than allowed", "kubelet 对运行时的调用超时"),
    suggestion: t(
      "Compare with disk wait and the number of containers; lower the density. A longer timeout is only a stopgap.",
      "结合磁盘等待与容器数量判断；降低密度。调大超时只是权宜之计。",
    ),
    dependsOn: ["runtime-hung", "runtime-down", "tasks-stuck", "nfs-not-answering"],
  }),
  fromRule({
    id: "container-unknown-to-runtime",
    area: "kubelet",
    title: t("kubelet asks for containers that are gone", "kubelet 查询已不存在的容器"),
    says: t("The kubelet asks for containers that the runtime does not know", "kubelet 查询的容器运行时并不认识"),
    suggestion: t(
      "Stop removing containers by hand on nodes; restart the kubelet once to bring both in step.",
      "停止在节点上手工删除容器；重启一次 kubelet 使两者一致。",
    ),
  }),
  fromRule({
    id: "sandbox-record-lost",
    area: "sandbox",
    title: t("Record of a sandbox lost", "沙箱记录丢失"),
    says: t("The kubelet asks for a sandbox that the runtime has lost", "kubelet 查询的沙箱记录已丢失"),
    suggestion: t("Remove what is left of the sandbox, then restart the kubelet.", "清除该沙箱残留，再重启 kubelet。"),
    dependsOn: ["runtime-down", "runtime-hung"],
  }),
  fromRule({
    id: "image-collection-frees-nothing",
    area: "image",
    title: t("Image clean-up frees nothing", "镜像清理没有释放空间"),
    says: t("The kubelet wanted to free disk space and could not", "kubelet 需要释放磁盘空间但未能做到"),
    suggestion: t(
      "The images are in use: look for what else fills the disk (logs, volumes, dead containers), or grow it.",
      "镜像都在使用：查看是什么占满了磁盘（日志、卷、已死容器），或扩容。",
    ),
    dependsOn: ["disk-almost-full"],
  }),
  fromRule({
    id: "disk-scan-slow",
    area: "kubelet",
    title: t("Disk usage scan slow", "磁盘用量扫描缓慢"),
    says: t("Counting a container's files took {took}", "统计容器文件耗时 {took}"),
    suggestion: t(
      "Look for millions of small files or a slow disk; move such trees to a volume.",
      "检查是否有海量小文件或慢盘；将此类目录移到卷中。",
    ),
  }),
  fromRule({
    id: "pod-hosts-file-mount-fails",
    area: "kubelet",
    title: t("Pod's hosts file cannot be mounted", "Pod 的 hosts 文件挂载失败"),
    says: t("Containers cannot start: their /etc/hosts cannot be mounted", "容器无法启动：/etc/hosts 无法挂载"),
    suggestion: t(
      "Something was mounted over /var/lib/kubelet while the kubelet ran: mend the order at boot and reboot.",
      "kubelet 运行期间 /var/lib/kubelet 上被挂载了其他内容：修正启动顺序并重启。",
    ),
  }),
  fromRule({
    id: "pod-slice-times-out",
    area: "systemd",
    title: t("systemd too slow for pods", "systemd 创建 Pod slice 超时"),
    says: t("systemd did not make {slice} in time", "systemd 未能及时创建 {slice}"),
    suggestion: t(
      "Count units and mounts; clean leftovers; run `systemctl daemon-reexec` in a quiet hour.",
      "统计单元与挂载数量并清理残留；在低峰期执行 `systemctl daemon-reexec`。",
    ),
    dependsOn: ["systemd-units-many", "systemd-bus-slow"],
  }),
  fromRule({
    id: "drain-blocked-by-budget",
    area: "node",
    title: t("Eviction blocked by a disruption budget", "驱逐被中断预算阻止"),
    says: t("Pods cannot be evicted: their disruption budget allows none", "Pod 无法驱逐：其中断预算不允许"),
    suggestion: t(
      "Ask the owner of the budget: more replicas or a budget above zero. Do not force it.",
      "联系预算负责人：增加副本或放宽预算。不要强制驱逐。",
    ),
  }),
  fromRule({
    id: "unit-start-failed",
    area: "systemd",
    title: t("A unit failed to start", "单元启动失败"),
    says: t("{unit} failed to start", "{unit} 启动失败"),
    suggestion: t(
      "Read why, mend it, then `systemctl reset-failed` and start it.",
      "查明原因并修复，再 `systemctl reset-failed` 后启动。",
    ),
    dependsOn: ["unit-in-failed-state", "systemd-unit-failed"],
  }),
  fromRule({
    id: "unit-in-failed-state",
    area: "systemd",
    title: t("A unit is in failed state", "单元进入失败状态"),
    says: t("{unit} entered the failed state", "{unit} 进入 failed 状态"),
    suggestion: t(
      "Mend the cause, then `systemctl reset-failed` and start it: systemd will not try again by itself.",
      "修复原因后 `systemctl reset-failed` 并启动：systemd 不会再自动重试。",
    ),
    dependsOn: ["systemd-unit-failed"],
  }),
  fromRule({
    id: "message-bus-fails",
    area: "systemd",
    title: t("D-Bus does not work", "D-Bus 异常"),
    says: t("Calls over D-Bus to systemd fail", "通过 D-Bus 调用 systemd 失败"),
    suggestion: t(
      "Start fewer containers at once; reload dbus, then `systemctl daemon-reexec`; a reboot is the last step.",
      "减少同时启动的容器；重载 dbus，再 `systemctl daemon-reexec`；最后才重启。",
    ),
    dependsOn: ["systemd-bus-slow", "systemd-offline"],
  }),
] as const;
