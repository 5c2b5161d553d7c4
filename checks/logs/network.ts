// Checks on log lines of the kernel's network and of network plugins. Words only: which lines, how often and for how long is said by log-rules/rules/.
import { t } from "../text.ts";
import { fromRule } from "./from-rule.ts";

export const networkLogChecks = [
  fromRule({
    id: "conntrack-table-full",
    area: "network",
    title: t("Connection tracking full: packets dropped", "连接跟踪表已满：正在丢包"),
    says: t("The connection tracking table is full and new connections are dropped", "连接跟踪表已满，新连接被丢弃"),
    suggestion: t(
      "Raise `net.netfilter.nf_conntrack_max`, then find who opens so many connections (`conntrack -L`).",
      "调高 `net.netfilter.nf_conntrack_max`，再找出谁建立了大量连接（`conntrack -L`）。",
    ),
    dependsOn: ["conntrack-almost-full"],
  }),
  fromRule({
    id: "neighbour-table-overflow",
    area: "network",
    title: t("Neighbour (ARP) table full", "邻居（ARP）表已满"),
    says: t("The neighbour table overflows", "邻居表溢出"),
    suggestion: t(
      "Raise `net.ipv4.neigh.default.gc_thresh1` to `3` together; large flat pod networks need several thousand entries.",
      "同时调高 `net.ipv4.neigh.default.gc_thresh1` 至 `3`；大二层 Pod 网络需要数千条。",
    ),
    dependsOn: ["neighbour-table-full"],
  }),
  fromRule({
    id: "route-cache-full",
    area: "network",
    title: t("Route cache full", "路由缓存已满"),
    says: t("The route cache is full", "路由缓存已满"),
    suggestion: t(
      "Raise `net.ipv6.route.max_size`; on kernels before 6.3 it is small by default.",
      "调高 `net.ipv6.route.max_size`；6.3 之前的内核默认值较小。",
    ),
  }),
  fromRule({
    id: "nic-transmit-timeout",
    area: "network",
    title: t("Network card stops sending", "网卡发送超时"),
    says: t("{device} did not send for several seconds and was reset", "{device} 数秒未能发送数据，已被重置"),
    suggestion: t(
      "Update driver and firmware of the card; when it repeats, replace it or move the virtual machine.",
      "升级网卡驱动与固件；若反复出现，更换网卡或迁移虚拟机。",
    ),
  }),
  fromRule({
    id: "nic-link-flaps",
    area: "network",
    title: t("Network link goes down again and again", "网络链路反复断开"),
    says: t("The link of {device} goes down again and again", "{device} 的链路反复断开"),
    suggestion: t(
      "Swap cable or optics, then the port; look at the switch's side.",
      "更换线缆或光模块，再换端口；同时检查交换机侧。",
    ),
  }),
  fromRule({
    id: "syn-flooding",
    area: "network",
    title: t("Too many connection attempts on a port", "端口收到过多连接请求"),
    says: t("More connection attempts come to port {port} than are taken", "端口 {port} 的连接请求多于被接受的数量"),
    suggestion: t(
      "An attack or a slow program: raise its backlog and `net.core.somaxconn`, or let it accept faster.",
      "可能是攻击，也可能是程序太慢：调高 backlog 与 `net.core.somaxconn`，或加快 accept。",
    ),
    dependsOn: ["listen-overflows"],
  }),
  fromRule({
    id: "tcp-out-of-memory",
    area: "network",
    title: t("TCP has no memory left", "TCP 内存耗尽"),
    says: t("TCP reached its memory limit", "TCP 达到内存上限"),
    suggestion: t(
      "Find who holds so many or such full sockets (`ss -tm`); then raise `net.ipv4.tcp_mem`.",
      "找出谁持有大量或积压的套接字（`ss -tm`），再调高 `net.ipv4.tcp_mem`。",
    ),
    dependsOn: ["tcp-memory-pressure"],
  }),
  fromRule({
    id: "tcp-too-many-orphans",
    area: "network",
    title: t("Too many orphaned sockets", "孤儿套接字过多"),
    says: t("The kernel breaks connections off because too many have no owner", "无主连接过多，内核正在强制断开"),
    suggestion: t(
      "Find the service whose connections end badly; raise `net.ipv4.tcp_max_orphans` only with memory to spare.",
      "找出连接异常结束的服务；只有内存充足时才调高 `net.ipv4.tcp_max_orphans`。",
    ),
    dependsOn: ["tcp-out-of-memory", "tcp-orphans-many"],
  }),
  fromRule({
    id: "network-loop",
    area: "network",
    title: t("Bridge receives its own packets", "网桥收到自己发出的数据包"),
    says: t("{bridge} received packets with its own address as sender", "{bridge} 收到了以自身地址为源的数据包"),
    suggestion: t(
      "Look for a loop of bridges or for two machines with one MAC address (a cloned image).",
      "检查网桥环路，或两台机器 MAC 相同（克隆镜像）。",
    ),
  }),
  fromRule({
    id: "address-used-twice",
    area: "network",
    title: t("Address used twice", "地址冲突"),
    says: t("{address} on {device} is used by another machine too", "{device} 上的 {address} 同时被另一台机器使用"),
    suggestion: t(
      "Find the other machine by its MAC address; release the lease of the wrong one.",
      "按 MAC 地址找出另一台机器，释放错误的一方。",
    ),
  }),
  fromRule({
    id: "pod-addresses-exhausted",
    area: "network",
    title: t("No addresses left for pods", "Pod 地址耗尽"),
    says: t("No address is free for new pods", "没有可分配给新 Pod 的地址"),
    suggestion: t(
      "Add a subnet or a range: this is of the cluster, not of the node. Then look for leases of pods that are gone.",
      "增加子网或地址段：这是集群层面的问题而非节点问题。再检查已消失 Pod 的残留租约。",
    ),
    dependsOn: ["cni-addresses-exhausted"],
    causeKey: "config:pod-addresses",
  }),
  fromRule({
    id: "cni-daemon-restarts",
    area: "network",
    title: t("Network daemon restarts again and again", "网络守护进程反复重启"),
    says: t("The daemon of the network plugin restarts again and again", "网络插件守护进程反复重启"),
    suggestion: t(
      "Read its last lines before each start; go back to the version before.",
      "查看每次启动前的最后日志；回退到上一版本。",
    ),
  }),
  fromRule({
    id: "cni-plugin-files-unreadable",
    area: "network",
    title: t("Network plugin cannot read its files", "网络插件无法读取文件"),
    says: t("The network plugin cannot look at its filesystem", "网络插件无法访问所在文件系统"),
    suggestion: t(
      "Look at the mount of the plugin's folder: full, gone or dead.",
      "检查插件目录所在挂载：是否写满、丢失或失效。",
    ),
  }),
  fromRule({
    id: "kube-proxy-cannot-watch",
    area: "network",
    title: t("kube-proxy cannot watch a resource", "kube-proxy 无法监听资源"),
    says: t(
      "kube-proxy asks for {resource}, which the server does not know",
      "kube-proxy 请求的 {resource} 服务端不存在",
    ),
    suggestion: t("Bring kube-proxy to the version of the control plane.", "将 kube-proxy 升级到与控制面一致的版本。"),
    causeKey: "config:kube-proxy",
  }),
] as const;
