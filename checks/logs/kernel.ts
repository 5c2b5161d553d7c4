// Checks on kernel log lines: hung tasks, stalled CPUs, kernel faults, crashed programs, memory. Words only: which lines, how often and for how long is said by log-rules/rules/.
import { t } from "../text.ts";
import { fromRule } from "./from-rule.ts";

export const kernelLogChecks = [
  fromRule({
    id: "kernel-task-hung",
    area: "kernel",
    title: t("Kernel task hung", "内核任务挂起"),
    says: t(
      "{task} (pid {pid}) was blocked in the kernel for more than {seconds} s",
      "{task}（pid {pid}）在内核中阻塞超过 {seconds} 秒",
    ),
    suggestion: t(
      "See what it waits for in the stack below the line: storage, a network filesystem or a lock. Mend that; killing the task does nothing.",
      "查看该日志行下方的调用栈，确认它在等待存储、网络文件系统还是锁，并处理其根源；杀进程没有作用。",
    ),
    dependsOn: ["tasks-stuck", "nfs-server-silent", "disk-io-errors", "nvme-timeout", "nfs-not-answering"],
  }),
  fromRule({
    id: "runtime-task-hung",
    area: "kernel",
    title: t("Runtime's task hung in the kernel", "运行时进程卡死在内核中"),
    says: t(
      "{task} (pid {pid}) of the container runtime was blocked in the kernel for more than {seconds} s",
      "容器运行时的 {task}（pid {pid}）在内核中阻塞超过 {seconds} 秒",
    ),
    suggestion: t(
      "Cordon the node and look at the stack below the line. If storage is dead, mend storage; otherwise drain and reboot: no restart frees a task that the kernel holds.",
      "先将节点设为不可调度，再看该行下方的调用栈。若是存储故障就修存储，否则排空并重启节点：被内核卡住的任务重启服务也救不回来。",
    ),
    dependsOn: ["runtime-hung", "tasks-stuck", "nfs-not-answering"],
  }),
  fromRule({
    id: "kernel-soft-lockup",
    area: "kernel",
    title: t("CPU stuck in the kernel (soft lockup)", "CPU 卡在内核态（软锁死）"),
    says: t("CPU {cpu} was stuck for {seconds} s in {task}", "CPU {cpu} 在 {task} 中卡住 {seconds} 秒"),
    suggestion: t(
      "Count how often and in which process. Once on a busy virtual machine is mostly a stolen CPU; repeated, drain and reboot, and keep the crash dump.",
      "统计频率和所在进程。繁忙虚拟机上偶发多为 CPU 被宿主抢占；若反复出现，应排空并重启节点，同时保留崩溃转储。",
    ),
    causeKey: "kernel:{kernel}",
  }),
  fromRule({
    id: "kernel-hard-lockup",
    area: "kernel",
    title: t("CPU dead to interrupts (hard lockup)", "CPU 不响应中断（硬锁死）"),
    says: t("A CPU handled no interrupt for more than ten seconds", "有 CPU 超过十秒没有处理任何中断"),
    suggestion: t(
      "Drain and reboot. If it comes back on the same machine, have the hardware and its firmware inspected.",
      "排空并重启节点。若同一台机器再次出现，检查硬件与固件。",
    ),
    causeKey: "kernel:{kernel}",
  }),
  fromRule({
    id: "kernel-rcu-stall",
    area: "kernel",
    title: t("CPU stalls the kernel (RCU stall)", "CPU 阻塞内核 RCU"),
    says: t("A CPU or task did not let the kernel's RCU go on", "有 CPU 或任务使内核 RCU 无法推进"),
    suggestion: t(
      "Look at the stack of the CPU that is named. On virtual machines check steal first; otherwise drain and reboot when it repeats.",
      "查看日志所指 CPU 的调用栈。虚拟机上先看 steal；否则若反复出现就排空并重启。",
    ),
    dependsOn: ["kernel-soft-lockup", "kernel-hard-lockup"],
    causeKey: "kernel:{kernel}",
  }),
  fromRule({
    id: "kernel-workqueue-lockup",
    area: "kernel",
    title: t("Kernel work queue stuck", "内核工作队列卡住"),
    says: t("A work queue of the kernel made no progress", "内核某个工作队列没有进展"),
    suggestion: t(
      "Read which work is listed as in flight below the line; mostly a disk or driver that does not answer.",
      "查看该行下方列出的 in-flight 工作项，多为磁盘或驱动无响应。",
    ),
    dependsOn: ["kernel-soft-lockup", "kernel-rcu-stall"],
  }),
  fromRule({
    id: "kernel-null-pointer",
    area: "kernel",
    title: t("Kernel fault: NULL pointer", "内核故障：空指针"),
    says: t("The kernel followed a NULL pointer", "内核解引用了空指针"),
    suggestion: t(
      "Drain and reboot the node: after such a fault locks may be held for ever. Compare kernel version and stack with other nodes; go back if a new kernel does it.",
      "排空并重启节点：此类故障后锁可能永远不会释放。与其他节点对比内核版本和调用栈；若是新内核引入则回退。",
    ),
    causeKey: "kernel:{kernel}",
  }),
  fromRule({
    id: "kernel-bad-address",
    area: "kernel",
    title: t("Kernel fault: bad address", "内核故障：非法地址"),
    says: t("The kernel used an address that it may not use", "内核访问了不允许的地址"),
    suggestion: t(
      "Drain and reboot the node, keep the stack, and compare kernel versions. Different stacks each time point at bad memory.",
      "排空并重启节点，保留调用栈，对比内核版本。若每次调用栈都不同，应怀疑内存条。",
    ),
    causeKey: "kernel:{kernel}",
  }),
  fromRule({
    id: "kernel-divide-error",
    area: "kernel",
    title: t("Kernel fault: division by zero", "内核故障：除零"),
    says: t("The kernel divided by zero", "内核执行了除零操作"),
    suggestion: t(
      "Drain and reboot the node; compare kernel versions and take one that does not do it.",
      "排空并重启节点；对比内核版本，换用没有此问题的版本。",
    ),
    causeKey: "kernel:{kernel}",
  }),
  fromRule({
    id: "kernel-oops",
    area: "kernel",
    title: t("Kernel fault (oops)", "内核故障（oops）"),
    says: t("The kernel ran into a fault in its own code", "内核自身代码出现异常"),
    suggestion: t(
      "Drain and reboot the node; keep the stack and compare kernel versions.",
      "排空并重启节点；保留调用栈并对比内核版本。",
    ),
    dependsOn: ["kernel-null-pointer", "kernel-bad-address", "kernel-divide-error", "kernel-bug"],
    causeKey: "kernel:{kernel}",
  }),
  fromRule({
    id: "kernel-bug",
    area: "kernel",
    title: t("Kernel reports a bug of its own", "内核报告自身缺陷"),
    says: t("The kernel reports: {what}", "内核报告：{what}"),
    suggestion: t(
      'Keep the lines and compare kernel versions. "kernel BUG at" or "Bad page state" call for a drain and a reboot; a warning about sleeping or timing does not.',
      "保留日志并对比内核版本。“kernel BUG at” 或 “Bad page state” 需要排空并重启；关于睡眠或时序的提示则不必。",
    ),
    dependsOn: ["kernel-soft-lockup", "kernel-null-pointer", "kernel-bad-address"],
    causeKey: "kernel:{kernel}",
  }),
  fromRule({
    id: "kernel-panic",
    area: "kernel",
    title: t("Kernel panic", "内核崩溃（panic）"),
    says: t("The kernel gave up: {why}", "内核崩溃：{why}"),
    suggestion: t(
      "The machine has rebooted or is about to: do not reboot it again. Keep the node cordoned until the cause is known; two panics in a day ask for other hardware or another kernel.",
      "机器已经或即将重启：不要再次重启。查明原因前保持不可调度；一天两次 panic 应更换硬件或内核。",
    ),
    causeKey: "kernel:{kernel}",
  }),
  fromRule({
    id: "kernel-crash-dumped",
    area: "kernel",
    title: t("Crash dump saved", "已保存内核崩溃转储"),
    says: t("A crash of the kernel was saved", "内核发生崩溃并已保存转储"),
    suggestion: t(
      "Attach the dump to the case and keep the node cordoned until somebody has read it.",
      "将转储附到工单，在有人分析之前保持节点不可调度。",
    ),
    dependsOn: ["kernel-panic", "crash-dump-found"],
    causeKey: "kernel:{kernel}",
  }),
  fromRule({
    id: "netdevice-release-stuck",
    area: "kernel",
    title: t("Network device cannot be released", "网络设备无法释放"),
    says: t(
      "The kernel waits for {device} to become free (usage count {usage})",
      "内核在等待 {device} 释放（引用计数 {usage}）",
    ),
    suggestion: t(
      "Stop scheduling short-lived containers here, drain, reboot, and take a kernel with the fix: nothing but a reboot frees the device.",
      "停止向此节点调度短生命周期容器，排空后重启，并升级到已修复的内核：除重启外没有办法释放该设备。",
    ),
    causeKey: "kernel:{kernel}",
  }),
  fromRule({
    id: "program-crashes",
    area: "process",
    title: t("Program crashes again and again", "程序反复崩溃"),
    says: t("{task} crashed by a memory fault", "{task} 因内存访问错误崩溃"),
    suggestion: t(
      "If it is a daemon of the node, go back to its last version. If it belongs to a container, tell its owner.",
      "若是节点守护进程，回退到上一个版本；若属于容器，通知其负责人。",
    ),
    dependsOn: ["nccl-crashes"],
  }),
  fromRule({
    id: "program-core-dumped",
    area: "process",
    title: t("Program dumped core", "程序崩溃并产生 core"),
    says: t("{task} (pid {pid}) crashed and its core was noted", "{task}（pid {pid}）崩溃，已记录 core"),
    suggestion: t(
      "Collect the core if your policy allows it and give it to the owner of the program.",
      "在策略允许的情况下收集 core 文件并交给程序负责人。",
    ),
    dependsOn: ["program-crashes"],
  }),
  fromRule({
    id: "service-exception",
    area: "process",
    title: t("Service ended by an exception", "服务因未捕获异常退出"),
    says: t("{task} ended by an uncaught {exception} exception", "{task} 因未捕获的 {exception} 异常退出"),
    suggestion: t("Give the trace that abrt kept to the owner of the service.", "将 abrt 保存的调用栈交给服务负责人。"),
  }),
  fromRule({
    id: "open-files-exhausted",
    area: "kernel",
    title: t("No more open files on the whole node", "整个节点的打开文件数耗尽"),
    says: t("The limit of {limit} open files of the whole node was reached", "已达到整个节点 {limit} 个打开文件的上限"),
    suggestion: t(
      "Find the process that leaks and restart it; raise `fs.file-max` as a stopgap.",
      "找出泄漏的进程并重启它；临时调高 `fs.file-max`。",
    ),
    dependsOn: ["files-almost-gone"],
  }),
  fromRule({
    id: "fork-fails",
    area: "process",
    title: t("No new process can be started", "无法创建新进程"),
    says: t("A daemon could start no process or thread", "守护进程无法创建新的进程或线程"),
    suggestion: t(
      "Find the cgroup with most tasks and end or bound it (`pids.max`); then look at pid_max and threads-max.",
      "找出任务数最多的 cgroup，终止或限制它（`pids.max`）；再检查 pid_max 与 threads-max。",
    ),
    dependsOn: ["pids-almost-gone"],
  }),
  fromRule({
    id: "container-process-limit",
    area: "cgroup",
    title: t("Container hit its process limit", "容器达到进程数上限"),
    says: t("A fork was refused by the process limit of {cgroup}", "{cgroup} 的进程数上限拒绝了 fork"),
    suggestion: t(
      "Tell the owner: a thread leak, or a limit that is too low. Raise the limit only when the number is meant.",
      "通知负责人：可能是线程泄漏，也可能是上限过低；确认数量合理后再调高。",
    ),
    dependsOn: ["container-pids-limit", "fork-fails"],
  }),
  fromRule({
    id: "memory-page-allocation-fails",
    area: "memory",
    title: t("Kernel finds no memory in time", "内核分配内存页失败"),
    says: t("The kernel could not allocate memory pages", "内核无法分配内存页"),
    suggestion: t(
      "Raise `vm.min_free_kbytes` moderately and look for the cgroup that fills the page cache; on old kernels high orders fail by fragmentation.",
      "适度调高 `vm.min_free_kbytes`，并找出占满页缓存的 cgroup；旧内核上高阶分配失败多因碎片化。",
    ),
    dependsOn: ["node-out-of-memory"],
  }),
  fromRule({
    id: "node-out-of-memory",
    area: "memory",
    title: t("Node ran out of memory", "节点内存耗尽"),
    says: t(
      "The node had no memory left and the kernel killed {task} (pid {pid})",
      "节点内存耗尽，内核杀死了 {task}（pid {pid}）",
    ),
    suggestion: t(
      "Reserve memory for the system (kubelet's system-reserved), move the largest container away, and look for one without a limit.",
      "为系统预留内存（kubelet 的 system-reserved），迁走占用最大的容器，并查找没有设置限制的容器。",
    ),
    dependsOn: ["memory-low"],
  }),
  fromRule({
    id: "container-out-of-memory",
    area: "container",
    title: t("Container killed at its memory limit", "容器触及内存限制被杀"),
    says: t(
      "{task} (pid {pid}) was killed because its container reached its memory limit",
      "{task}（pid {pid}）因所在容器达到内存限制被杀",
    ),
    suggestion: t(
      "Advice to the owner: raise the limit or find the leak; for a JVM set the heap below the limit. The node is well.",
      "建议负责人：调高限制或查找泄漏；JVM 应把堆设置在限制以下。节点本身正常。",
    ),
    dependsOn: ["node-out-of-memory", "container-oom-killed"],
  }),
] as const;
