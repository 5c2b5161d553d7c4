// Checks on log lines of disks, arrays and filesystems, local and remote. Words only: which lines, how often and for how long is said by log-rules/rules/.
import { t } from "../text.ts";
import { fromRule } from "./from-rule.ts";

export const storageLogChecks = [
  fromRule({
    id: "disk-io-errors",
    area: "storage",
    title: t("Disk errors", "磁盘读写错误"),
    says: t("{device} could not be read or written", "{device} 读写失败"),
    suggestion: t(
      "Cordon the node, ask the disk (SMART), check cable or volume, and replace it; do not run a repair on a mounted filesystem.",
      "将节点设为不可调度，检查磁盘 SMART、线缆或云盘状态并更换；不要对已挂载的文件系统做修复。",
    ),
  }),
  fromRule({
    id: "superblock-write-error",
    area: "storage",
    title: t("Filesystem's superblock cannot be written", "文件系统超级块写入失败"),
    says: t("The superblock of the filesystem on {device} could not be written", "{device} 上文件系统的超级块无法写入"),
    suggestion: t(
      "Treat the disk as failing: cordon, move the data, replace the disk.",
      "视磁盘即将损坏：设为不可调度，迁移数据并更换磁盘。",
    ),
    dependsOn: ["disk-io-errors"],
  }),
  fromRule({
    id: "access-beyond-device-end",
    area: "storage",
    title: t("Access beyond the end of a device", "访问超出设备末尾"),
    says: t("Something tried to use {device} beyond its end", "有访问超出了 {device} 的末尾"),
    suggestion: t(
      "Compare the size of the device with that of its partition or filesystem; after a shrunk or swapped volume detach and attach it again.",
      "对比设备与分区、文件系统的大小；若卷被缩小或更换，应重新卸载并挂载。",
    ),
  }),
  fromRule({
    id: "raid-disk-failed",
    area: "storage",
    title: t("Disk of a RAID failed", "RAID 成员盘故障"),
    says: t("A disk ({disk}) of {array} failed", "{array} 的成员盘 {disk} 故障"),
    suggestion: t(
      "Replace the disk and rebuild outside of busy hours. A RAID 0 that lost a disk has lost its data: move the containers away.",
      "更换磁盘并在低峰期重建。RAID 0 丢盘即丢数据：迁走容器。",
    ),
    dependsOn: ["raid-degraded"],
  }),
  fromRule({
    id: "nvme-timeout",
    area: "storage",
    title: t("NVMe controller does not answer in time", "NVMe 控制器超时"),
    says: t("{device} did not answer and its controller was reset", "{device} 无响应，控制器被重置"),
    suggestion: t(
      "Once: watch it. Again: update its firmware, check power saving (`nvme_core.default_ps_max_latency_us=0`), or replace it.",
      "偶发先观察；再次出现应升级固件、检查节能设置（`nvme_core.default_ps_max_latency_us=0`）或更换。",
    ),
    dependsOn: ["disk-io-errors"],
  }),
  fromRule({
    id: "nvme-disabled",
    area: "storage",
    title: t("NVMe disk gone", "NVMe 磁盘已停用"),
    says: t("{device} did not come back after a reset and was given up", "{device} 重置后未恢复，已被内核停用"),
    suggestion: t(
      "Drain the node and replace the disk; a cold restart sometimes brings it back for a while.",
      "排空节点并更换磁盘；冷启动有时能暂时恢复。",
    ),
    dependsOn: ["nvme-not-live"],
  }),
  fromRule({
    id: "nvme-path-lost",
    area: "storage",
    title: t("No path to an NVMe volume", "NVMe 卷无可用路径"),
    says: t("No path leads to {device} and its requests fail", "{device} 没有可用路径，请求失败"),
    suggestion: t(
      "Look at fabric and target; fail over or attach the volume anew.",
      "检查网络与存储目标端；切换或重新挂接卷。",
    ),
    dependsOn: ["nvme-disabled"],
  }),
  fromRule({
    id: "multipath-path-failed",
    area: "storage",
    title: t("Path to a storage volume lost", "存储卷的一条路径失效"),
    says: t("The path {path} to a volume failed", "到存储卷的路径 {path} 失效"),
    suggestion: t(
      "Find the switch, port or card that this path uses; there is no redundancy until it is back.",
      "查找该路径所用的交换机、端口或网卡；恢复之前没有冗余。",
    ),
  }),
  fromRule({
    id: "thin-pool-failed",
    area: "storage",
    title: t("Thin pool full or failed", "精简池写满或失效"),
    says: t("The thin pool {pool} went to mode {mode}", "精简池 {pool} 进入 {mode} 模式"),
    suggestion: t(
      "Extend the pool's data or metadata (`lvextend`), remove unused volumes, then see that it is back in write mode.",
      "扩展池的数据或元数据（`lvextend`），删除不用的卷，然后确认恢复写模式。",
    ),
  }),
  fromRule({
    id: "scsi-disk-offline",
    area: "storage",
    title: t("SCSI disk taken offline", "SCSI 磁盘已离线"),
    says: t("The disk at {device} was taken offline", "位于 {device} 的磁盘已离线"),
    suggestion: t(
      "Check cable, controller or volume; when it is back, `echo running` into its state file, or reboot.",
      "检查线缆、控制器或云盘；恢复后向其 state 文件写入 `running`，或重启。",
    ),
    dependsOn: ["disk-io-errors"],
  }),
  fromRule({
    id: "disk-bad-sectors",
    area: "storage",
    title: t("Disk has many bad sectors", "磁盘坏扇区过多"),
    says: t("{device} reports {sectors} sectors that cannot be read", "{device} 报告 {sectors} 个无法读取的扇区"),
    suggestion: t("Plan its replacement while it still answers.", "趁其仍可用，安排更换。"),
    dependsOn: ["disk-io-errors"],
  }),
  fromRule({
    id: "remote-image-io-stalls",
    area: "image",
    title: t("I/O on a remote image stalls", "远程镜像 IO 卡住"),
    says: t("Reads of an on-demand image ({device}) fail or hang", "按需加载镜像（{device}）的读取失败或挂起"),
    suggestion: t(
      "See whether the registry or peer-to-peer network answers; let the background copy finish before anything is drained or restarted.",
      "检查镜像仓库或 P2P 网络是否正常；后台拷贝完成之前不要排空或重启相关服务。",
    ),
    dependsOn: ["on-demand-backend-down"],
  }),
  fromRule({
    id: "filesystem-turned-read-only",
    area: "storage",
    title: t("Filesystem turned read-only", "文件系统变为只读"),
    says: t("The kernel made the filesystem on {device} read-only", "内核将 {device} 上的文件系统改为只读"),
    suggestion: t(
      "Cordon and drain; repair it offline (fsck) or replace the disk. Mounting it read-write again hides the cause.",
      "设为不可调度并排空；离线修复（fsck）或更换磁盘。直接重新挂载为读写只会掩盖原因。",
    ),
    dependsOn: ["filesystem-read-only", "disk-io-errors", "filesystem-journal-aborted", "ext-filesystem-errors"],
  }),
  fromRule({
    id: "xfs-shut-down",
    area: "storage",
    title: t("XFS shut itself down", "XFS 已自我关闭"),
    says: t("XFS on {device} shut itself down", "{device} 上的 XFS 已关闭"),
    suggestion: t(
      "Drain, unmount, run `xfs_repair`; replace the disk if it reports errors.",
      "排空节点，卸载后运行 `xfs_repair`；若磁盘报错则更换。",
    ),
    dependsOn: ["disk-io-errors"],
  }),
  fromRule({
    id: "ext-filesystem-errors",
    area: "storage",
    title: t("Errors in an ext filesystem", "ext 文件系统出现错误"),
    says: t("The ext filesystem on {device} has errors", "{device} 上的 ext 文件系统存在错误"),
    suggestion: t(
      "Run `fsck` at the next window with the filesystem unmounted; watch the count until then.",
      "在下一个维护窗口卸载后运行 `fsck`；在此之前关注错误次数。",
    ),
    dependsOn: ["disk-io-errors"],
  }),
  fromRule({
    id: "ext-filesystem-warnings",
    area: "storage",
    title: t("Warnings of an ext filesystem", "ext 文件系统告警"),
    says: t("The ext filesystem on {device} warns", "{device} 上的 ext 文件系统发出告警"),
    suggestion: t(
      "Read the line: a full directory index, a mount that wants fsck or an early sign of a disk error.",
      "阅读该行：可能是目录索引已满、需要 fsck，或磁盘错误的前兆。",
    ),
    dependsOn: ["ext-filesystem-errors", "disk-io-errors"],
  }),
  fromRule({
    id: "btrfs-errors",
    area: "storage",
    title: t("Errors in a btrfs filesystem", "btrfs 文件系统出现错误"),
    says: t("The btrfs filesystem on {device} has errors", "{device} 上的 btrfs 文件系统存在错误"),
    suggestion: t(
      "Look at the error counters of the device, scrub, and replace the disk if they grow.",
      "查看设备错误计数，执行 scrub；若继续增长则更换磁盘。",
    ),
    dependsOn: ["disk-io-errors"],
  }),
  fromRule({
    id: "filesystem-journal-aborted",
    area: "storage",
    title: t("Filesystem's journal aborted", "文件系统日志中止"),
    says: t("The journal on {device} was given up", "{device} 上的文件系统日志已中止"),
    suggestion: t(
      "As with a failing disk: drain, check the disk, repair offline.",
      "按磁盘故障处理：排空、检查磁盘、离线修复。",
    ),
    dependsOn: ["disk-io-errors", "ext-filesystem-errors"],
  }),
  fromRule({
    id: "nfs-server-silent",
    area: "storage",
    title: t("NFS server does not answer", "NFS 服务器无响应"),
    says: t("The NFS server {server} does not answer", "NFS 服务器 {server} 无响应"),
    suggestion: t(
      "Mend the server or the way to it: all nodes that use it share this cause. Do not restart runtimes; unmount lazily only when the owner agrees.",
      "修复服务器或到它的网络：所有使用它的节点是同一个原因。不要重启运行时；只有负责人同意时才懒卸载。",
    ),
    dependsOn: ["nfs-not-answering"],
    causeKey: "nfs:{server}",
  }),
  fromRule({
    id: "nfs-lock-reclaim-failed",
    area: "storage",
    title: t("NFS locks lost", "NFS 锁丢失"),
    says: t("Locks on an NFS server could not be taken back", "无法在 NFS 服务器上恢复文件锁"),
    suggestion: t(
      "Restart the programs that hold files there, or mount anew: they believe in locks that they no longer have.",
      "重启在其上持有文件的程序或重新挂载：它们以为还持有锁，其实已丢失。",
    ),
    dependsOn: ["nfs-server-silent", "nfs-not-answering"],
  }),
  fromRule({
    id: "nfs-writeback-hangs",
    area: "storage",
    title: t("Write-back to NFS hangs", "NFS 回写挂起"),
    says: t("Tasks hang while they write back to NFS", "任务在向 NFS 回写时挂起"),
    suggestion: t(
      "If the server answers, it is the client: drain and reboot, and take a newer kernel.",
      "若服务器正常，则是客户端问题：排空并重启，升级内核。",
    ),
    dependsOn: ["nfs-server-silent", "tasks-stuck", "nfs-not-answering"],
  }),
  fromRule({
    id: "cifs-server-silent",
    area: "storage",
    title: t("CIFS server does not answer", "CIFS 服务器无响应"),
    says: t("The CIFS server {server} has not responded", "CIFS 服务器 {server} 无响应"),
    suggestion: t("Mend the server or the way to it.", "修复服务器或到它的网络。"),
    causeKey: "endpoint:{server}",
  }),
  fromRule({
    id: "ceph-connection-lost",
    area: "storage",
    title: t("Connection to Ceph lost", "与 Ceph 的连接丢失"),
    says: t("The connection to {daemon} of Ceph is lost again and again", "与 Ceph 的 {daemon} 反复断连"),
    suggestion: t(
      "Look at the cluster's health and the network to that daemon.",
      "检查集群健康状况以及到该守护进程的网络。",
    ),
  }),
] as const;
