// Checks on log lines of container runtimes and image stores. Words only: which lines, how often and for how long is said by log-rules/rules/.
import { t } from "../text.ts";
import { fromRule } from "./from-rule.ts";

export const runtimeLogChecks = [
  fromRule({
    id: "containerd-restarts-often",
    area: "runtime",
    title: t("containerd restarts again and again", "containerd 反复重启"),
    says: t(
      "containerd was started again and again without being stopped",
      "containerd 在未被正常停止的情况下反复启动",
    ),
    suggestion: t(
      "Read the last lines before each start; go back to the configuration or version before the last change.",
      "查看每次启动前的最后日志；回退到上次变更之前的配置或版本。",
    ),
    dependsOn: ["runtime-down", "runtime-program-crashed", "runtime-crash-loop", "systemd-unit-restarting"],
  }),
  fromRule({
    id: "dockerd-restarts-often",
    area: "runtime",
    title: t("dockerd restarts again and again", "dockerd 反复重启"),
    says: t("dockerd was started again and again without being stopped", "dockerd 在未被正常停止的情况下反复启动"),
    suggestion: t(
      "Read the last lines before each start; check daemon.json and the storage driver.",
      "查看每次启动前的最后日志；检查 daemon.json 与存储驱动。",
    ),
    dependsOn: ["runtime-down", "runtime-program-crashed", "runtime-crash-loop", "systemd-unit-restarting"],
  }),
  fromRule({
    id: "runtime-program-crashed",
    area: "runtime",
    title: t("A daemon crashed (Go panic)", "守护进程崩溃（Go panic）"),
    says: t("A daemon crashed: {why}", "守护进程崩溃：{why}"),
    suggestion: t(
      "Keep the trace, see whether the last change brought it, and go back.",
      "保留调用栈，确认是否由最近的变更引入并回退。",
    ),
  }),
  fromRule({
    id: "runtime-gave-up-helper",
    area: "runtime",
    title: t("pouchd gave up on containerd", "pouchd 放弃重启 containerd"),
    says: t("pouchd could not restart its containerd and ended", "pouchd 无法重启其 containerd 并已退出"),
    suggestion: t(
      "Mend containerd first (its own log says why it does not start), then start pouchd.",
      "先修复 containerd（其日志会说明为何无法启动），再启动 pouchd。",
    ),
  }),
  fromRule({
    id: "container-name-reserved",
    area: "runtime",
    title: t("Container name still reserved", "容器名仍被占用"),
    says: t(
      "Containers cannot be created: their names are reserved by an earlier attempt",
      "容器无法创建：名称被先前未完成的创建占用",
    ),
    suggestion: t(
      "Find the earlier create: it mostly waits for a slow disk, a dead volume or a huge image. Delete nothing blindly; restarting the runtime is the last step.",
      "找到先前的创建：多半在等慢盘、失效的卷或超大镜像。不要盲目删除；重启运行时是最后一步。",
    ),
  }),
  fromRule({
    id: "container-create-refused",
    area: "runtime",
    title: t("Containers cannot be created", "容器创建失败"),
    says: t("Containers cannot be created: {why}", "容器创建失败：{why}"),
    suggestion: t(
      'Read the end of the message: "executable file not found" and "permission denied" are of the image or the pod; cgroup, seccomp and mount errors are of the node.',
      "看信息末尾：“executable file not found”“permission denied” 属于镜像或 Pod；cgroup、seccomp、mount 错误属于节点。",
    ),
    dependsOn: ["fork-fails", "memory-cgroups-exhausted"],
  }),
  fromRule({
    id: "container-start-too-late",
    area: "container",
    title: t("Container's process dead before its start", "容器进程在启动前已退出"),
    says: t("The first process of containers was dead before it was started", "容器首进程在启动之前已经退出"),
    suggestion: t(
      "Compare its memory limit with what it needs at the start; then create it again.",
      "对比其内存限制与启动所需；然后重新创建。",
    ),
    dependsOn: ["container-out-of-memory", "node-out-of-memory"],
  }),
  fromRule({
    id: "overlay-metadata-corrupt",
    area: "image",
    title: t("Docker's layers are corrupt", "Docker 镜像层元数据损坏"),
    says: t("Docker finds links of overlay2 layers broken", "Docker 发现 overlay2 层的链接已损坏"),
    suggestion: t(
      "Drain the node, stop Docker, remove the broken layers or the whole image store, and let it pull again.",
      "排空节点，停止 Docker，删除损坏的层或整个镜像存储后重新拉取。",
    ),
  }),
  fromRule({
    id: "container-root-busy",
    area: "container",
    title: t("Container's files busy, cannot be removed", "容器目录被占用无法删除"),
    says: t(
      "Container filesystems cannot be removed because something still holds them",
      "容器文件系统仍被占用，无法删除",
    ),
    suggestion: t(
      "Find the process whose mount namespace still has the mount and restart that service, then remove the container again.",
      "找出挂载命名空间中仍保留该挂载的进程并重启该服务，然后再次删除容器。",
    ),
    dependsOn: ["mount-leaked"],
  }),
  fromRule({
    id: "runtime-plugin-lacks-watches",
    area: "runtime",
    title: t("No inotify instances left", "inotify 实例耗尽"),
    says: t("A daemon could not watch files: too many inotify instances", "守护进程无法监听文件：inotify 实例过多"),
    suggestion: t(
      "Raise `fs.inotify.max_user_instances` (128 by default), persist it, and restart the daemon.",
      "调高 `fs.inotify.max_user_instances`（默认 128）并持久化，再重启该守护进程。",
    ),
    dependsOn: ["inotify-instances-low"],
  }),
  fromRule({
    id: "file-watches-exhausted",
    area: "kubelet",
    title: t("No file watches left", "inotify 监视数耗尽"),
    says: t("No file watch could be added, though the disk has space", "磁盘有空间，但无法再添加文件监视"),
    suggestion: t(
      "Raise `fs.inotify.max_user_watches` and persist it; it is not the disk.",
      "调高 `fs.inotify.max_user_watches` 并持久化；这不是磁盘问题。",
    ),
    dependsOn: ["inotify-watches-low"],
  }),
  fromRule({
    id: "memory-cgroups-exhausted",
    area: "cgroup",
    title: t("No memory cgroup can be made", "无法创建内存 cgroup"),
    says: t("The kernel cannot make another memory cgroup", "内核无法再创建内存 cgroup"),
    suggestion: t(
      "Drain and reboot; switch kernel memory accounting off or take a newer kernel.",
      "排空并重启；关闭内核内存记账或升级内核。",
    ),
    dependsOn: ["cgroups-leaked"],
    causeKey: "kernel:{kernel}",
  }),
  fromRule({
    id: "image-layer-register-fails",
    area: "image",
    title: t("Image layer cannot be registered", "镜像层注册失败"),
    says: t("A pulled image layer could not be put in its place", "拉取的镜像层无法落位"),
    suggestion: t("Remove the half layer that is named and pull again.", "删除日志所指的半成品层后重新拉取。"),
    dependsOn: ["overlay-metadata-corrupt"],
  }),
  fromRule({
    id: "image-parent-missing",
    area: "image",
    title: t("Parent of an image layer missing", "镜像层的父快照缺失"),
    says: t("A layer cannot be unpacked because its parent is gone", "镜像层无法解包：父快照不存在"),
    suggestion: t(
      "Remove the image with its content and pull again; upgrade containerd when it repeats.",
      "删除该镜像及其内容后重新拉取；反复出现则升级 containerd。",
    ),
  }),
  fromRule({
    id: "image-layer-damaged",
    area: "image",
    title: t("Image layer damaged", "镜像层损坏"),
    says: t("A downloaded image layer is damaged", "下载的镜像层已损坏"),
    suggestion: t(
      "Delete the layer's content and pull again; when it repeats on several nodes, check the registry or proxy.",
      "删除该层内容后重新拉取；多节点重复出现则检查仓库或代理。",
    ),
  }),
  fromRule({
    id: "container-quota-exceeded",
    area: "container",
    title: t("Container's disk quota used up", "容器磁盘配额用尽"),
    says: t("A container cannot write: its disk quota is exceeded", "容器无法写入：磁盘配额已用尽"),
    suggestion: t(
      "Advice to the owner: remove or rotate the largest files; raise the quota by approval.",
      "建议负责人：清理或轮转最大的文件；经审批后调高配额。",
    ),
    dependsOn: ["disk-almost-full", "diskquota-exceeded"],
  }),
  fromRule({
    id: "runtime-socket-unreachable",
    area: "runtime",
    title: t("Runtime's socket cannot be reached", "无法连接运行时套接字"),
    says: t("A daemon cannot connect to {socket}", "守护进程无法连接 {socket}"),
    suggestion: t(
      "See whether the daemon behind it runs and who may open the socket.",
      "检查其后的守护进程是否运行以及套接字权限。",
    ),
    dependsOn: ["runtime-down", "runtime-hung", "runtime-socket-missing"],
  }),
  fromRule({
    id: "runtime-configuration-deprecated",
    area: "runtime",
    title: t("Runtime uses something that will be removed", "运行时使用了即将移除的功能"),
    says: t("The runtime warns of a deprecated setting or image format", "运行时提示使用了已弃用的配置或镜像格式"),
    suggestion: t(
      "Before the next upgrade: change the setting or rebuild the image that is named.",
      "在下次升级之前修改配置或重建所指镜像。",
    ),
    causeKey: "config:deprecated",
  }),
] as const;
