// Runtimes that put a machine or a kernel of their own around the container: Kata, gVisor; and lxcfs.
import type { Cause } from "../cause.ts";
import { beside, proof, strong, without } from "./signs.ts";

const GVISOR = "runsc|gvisor";
const KATA = "kata|qemu|cloud-hypervisor|firecracker|vsock|virtiofsd?|hypervisor";

export const vm: readonly Cause[] = [
  {
    id: "kata-agent-timeout",
    title: { en: "The agent in the guest does not answer (Kata)", zh: "Kata 虚拟机内的 agent 无响应" },
    side: "ours",
    signatures: [
      proof`timed out connecting to (?:hybrid )?vsock`,
      proof`failed to check if grpc server is (?:working|serving)`,
      proof`\b(?:create|destroy)sandboxrequest timed out`,
      beside(proof`\b\w{4,}request (?:request )?timed out`, "kata|agent"),
      proof`timeout waiting for hybrid vsocket|hybrid vsock handshake`,
      proof`(?:dialing|dial|connecting to|connect to|connection to).{0,20}(?:hybrid )?vsock.{0,80}(?:timed? ?out|failed|refused|reset|deadline)`,
      proof`(?:create|start|stop|connect to|check|wait(?:ing)? for).{0,30}(?:kata[- ])?agent.{0,80}(?:deadline ?exceeded|timed? ?out|not (?:ready|running|responding)|failed)`,
      beside(strong`deadline ?exceeded`, "vsock|kata|guest agent"),
      beside(strong`context deadline exceeded`, "kata-(?:runtime|agent|shim)|containerd-shim-kata"),
      strong`guest (?:socket|agent).{0,60}(?:timed? ?out|not respond|deadline)`,
      strong`agent (?:is )?not (?:alive|responding|ready).{0,60}(?:kata|sandbox|guest)`,
    ],
    words:
      "kata guest socket vsock timeout VM pods time out agent check deadline Cilium AlmaLinux self-built root file system 5.8 kernel 虚拟机 agent 超时",
  },
  {
    id: "kata-vsock-missing",
    title: { en: "The host has no vsock for virtual machines", zh: "宿主机缺少 vhost_vsock" },
    side: "ours",
    explains: ["kata-agent-timeout", "kata-vmm-start"],
    signatures: [
      proof`doesn't support vsock`,
      proof`/dev/vhost-vsock`,
      proof`vhost[-_]vsock.{0,60}(?:no such|not found|could not|missing|failed|unable|not loaded|busy)`,
      strong`/dev/vsock\b`,
    ],
    words: "vhost_vsock module not loaded /dev/vhost-vsock 未加载",
  },
  {
    id: "kata-config-missing",
    title: { en: "Kata finds no configuration file", zh: "找不到 Kata 配置文件" },
    side: "ours",
    explains: ["kata-vmm-start"],
    signatures: [
      proof`cannot find usable config file`,
      proof`load toml config failed`,
      proof`(?:neither an image nor an initrd|missing image and initrd path)|cannot specify (?:both )?an image and an initrd`,
      proof`kata-containers/configuration\S*\.toml.{0,60}(?:does not exist|no such file|unresolvable|not found)`,
      proof`/opt/kata/share/defaults/\S+`,
      strong`(?:kata|runtime).{0,30}config(?:uration)? file .{0,60}(?:not found|missing|unresolvable)`,
    ],
    words: "kata configuration.toml missing cannot find usable config file 配置文件 缺失",
  },
  {
    id: "kata-guest-rootfs",
    title: { en: "The guest cannot mount its root file system (Kata)", zh: "Kata 虚拟机无法挂载根文件系统" },
    side: "ours",
    explains: ["kata-agent-timeout", "kernel-panic"],
    signatures: [
      proof`vfs: unable to mount root fs`,
      proof`device-mapper: verity: .{0,60}(?:corrupted|metadata|mismatch)`,
      proof`erofs .{0,40}(?:cannot read|cannot find|unknown|invalid)`,
      proof`kata-(?:containers(?:-initrd)?|ubuntu\S*|alpine\S*|clearlinux\S*)\.(?:img|initrd|image).{0,60}(?:no such file|not found|does not exist|missing)`,
      strong`(?:initrd|image) .{0,80}(?:does not exist|no such file|not found|invalid).{0,80}kata`,
      strong`cannot open root device`,
      strong`guest (?:image|rootfs|root file ?system|initrd)\b.{0,80}(?:missing|corrupt|mismatch|not found|failed)`,
    ],
    words: "kata guest image initrd root hash verity panic cannot mount root 虚拟机镜像 根文件系统",
  },
  {
    id: "kata-vmm-start",
    title: { en: "The virtual machine cannot be started (Kata)", zh: "Kata 虚拟机无法启动" },
    side: "ours",
    signatures: [
      proof`cannot set up guest memory`,
      proof`(?:failed|unable) to launch \S*(?:qemu|vm|hypervisor)`,
      proof`could not read qemu pid`,
      beside(
        proof`cannot load kernel due to invalid memory configuration|invalid kernel image`,
        "kata|firecracker|hypervisor|vmm|qemu",
      ),
      proof`(?:qemu|cloud-hypervisor|firecracker|virtiofsd|stratovirt) (?:binary )?path \(?\S+\)? (?:is not accessible|does not exist|not found)`,
      proof`cannot (?:start vm|determine (?:qemu|stratovirt) pid)\b`,
      proof`failed to (?:start|launch|create) (?:the )?(?:microvm|vmm|stratovirt|openvmm|dragonball|cloud-hypervisor|cloud hypervisor)\b`,
      proof`cloud-hypervisor init failed|hypervisor running check failed|\bvmm start failed`,
      beside(
        strong`failed to connect to api \(timeout \d+s\)|timed out after \d+ seconds waiting for qemu|\bguest failure: `,
        KATA,
      ),
      proof`failed to connect to (?:the )?(?:qemu|cloud-hypervisor|hypervisor|vmm|firecracker ?instance|stratovirt)`,
      proof`(?:clh-api|qmp|fc)\.sock: connect: `,
      proof`\bvmmpingget\b|vmm\.ping`,
      proof`\bkvm_pv_\w+`,
      proof`qemu-(?:system-\w+|kvm|lite\S*): .{0,160}(?:cannot|could not|failed|error|unable|not supported|no such|invalid|does not|unsupported|is not a valid)`,
      beside(
        proof`(?:qemu|cloud-hypervisor|firecracker|dragonball|clh|stratovirt|acrn).{0,120}(?:failed to (?:start|boot|launch|create)|exited|exit status [1-9]|vm\.boot|vm\.create|unexpected|not found)`,
        String.raw`kata|shim|sandbox|\bpod|container`,
      ),
      proof`(?:start|boot|launch|creat)\w* (?:the )?(?:vm|virtual machine|hypervisor|sandbox vm)\b.{0,60}(?:failed|error|timed? ?out)`,
      strong`(?:hypervisor|qemu-system-\w+|virtiofsd)\S* .{0,60}(?:executable file not found|no such file or directory|permission denied)`,
      beside(strong`cannot allocate memory`, "qemu|hypervisor|kata|guest memory"),
      beside(strong`virtiofsd?.{0,80}(?:failed|exit|error|no such)`, "kata|qemu|hypervisor|shim|sandbox"),
    ],
    words: "qemu cannot set up guest memory hypervisor not found virtual machine does not start 虚拟机启动失败",
  },
  {
    id: "kata-block-mount",
    title: { en: "The guest cannot mount a disk that was given to it (Kata)", zh: "Kata 虚拟机无法挂载热插拔的磁盘" },
    side: "ours",
    explains: ["kata-agent-timeout"],
    signatures: [
      proof`(?:timeout|timed out|failed) (?:reached )?(?:after .{0,20})?waiting for (?:device|pci device|block device|scsi|uevent|virtio|ccw)`,
      beside(
        strong`(?:could not|failed to|cannot) (?:mount|find|get) .{0,60}(?:/dev/(?:sd|vd)\w+|scsi|block device|virtio-?blk|virtio-?scsi|drive)`,
        KATA,
      ),
      beside(strong`einval: invalid argument|mount .{0,80}(?:/dev/(?:sd|vd)\w)`, "kata|guest"),
      strong`hotplug(?:ging)? (?:block )?(?:device|drive|disk).{0,80}(?:failed|error|timed? ?out)`,
      beside(strong`failed to (?:hot ?-?plug|insert|cold ?-?plug) (?:\w+ )?device`, KATA),
    ],
    words: "kata container creation fails guest cannot mount hot-plugged SCSI disk block device 热插拔 磁盘 挂载失败",
  },
  {
    id: "kata-debug-console",
    explains: ["kata-agent-timeout"],
    title: { en: "The guest's debug console does not answer (Kata)", zh: "Kata 调试控制台无响应" },
    side: "ours",
    signatures: [
      proof`debug[_ -]console`,
      proof`vsock \d+:1026\b`,
      proof`kata-(?:runtime|monitor) exec.{0,120}(?:timed? ?out|failed|deadline|error)`,
      strong`dial .{0,40}(?:vsock|kata\.hvsock):?.{0,20}1026`,
    ],
    words: "exec to guest debug console times out pod itself runs kata-runtime exec 调试控制台",
  },
  {
    id: "gvisor-kernel-too-old",
    title: { en: "The node's kernel is too old for gVisor", zh: "节点内核过旧，无法运行 gVisor" },
    side: "ours",
    explains: ["gvisor-start-failed"],
    signatures: [
      beside(
        proof`(?:kernel|linux)(?: version)? .{0,30}(?:too old|not supported|unsupported|or (?:newer|later|above) (?:is )?required)`,
        GVISOR,
      ),
      beside(strong`(?:3\.10\.0|el7)`, GVISOR),
      beside(strong`function not implemented`, GVISOR),
    ],
    words:
      "runsc gVisor 3.10 kernel too old pods of the runsc class fail sandbox name reserved hello-world does not terminate 内核过旧",
  },
  {
    id: "gvisor-shim-config",
    title: { en: "gVisor's shim is set up wrongly", zh: "gVisor shim 配置错误" },
    side: "ours",
    explains: ["runtime-handler-missing", "shim-connection-lost"],
    signatures: [
      proof`(?:gvisor-)?containerd-shim-runsc\S*.{0,120}(?:not (?:found|installed)|failed|error|no such file)`,
      proof`dial unix ?:? missing address`,
      beside(strong`(?:unknown|unsupported|invalid|undecoded) (?:flag|option|key|configuration|config)`, GVISOR),
      strong`runsc\.toml`,
      strong`containerd-shim-runsc-v1`,
    ],
    words: "containerd 1.2 runsc fails to dial a Unix socket with no address shim configuration runsc.toml gVisor 配置",
  },
  {
    id: "gvisor-start-failed",
    title: { en: "gVisor's sandbox does not start", zh: "gVisor 沙箱启动失败" },
    side: "ours",
    signatures: [
      proof`urpc method .{0,80}failed`,
      proof`(?:runsc|gvisor|sentry|gofer).{0,200}(?:waiting for sandbox to start|cannot create|creating (?:container|sandbox|gofer|network|process)|panic|exit status [1-9])`,
      strong`(?:runsc|gvisor|sentry|gofer)\b.{0,200}(?:failed|error|not running)`,
      proof`cannot (?:create|read client|start) (?:sandbox|gofer|sync file)`,
      beside(strong`(?:eof|sandbox (?:is )?not running|exit status 128)`, GVISOR),
      beside(strong`operation not permitted|permission denied`, GVISOR),
    ],
    words: "runsc does not start sandbox is not running delete ARM board gVisor 启动失败",
  },
  {
    id: "lxcfs-transport-endpoint",
    title: {
      en: "lxcfs was restarted: its old mounts in containers are dead",
      zh: "lxcfs 重启后，容器内的旧挂载已失效",
    },
    side: "ours",
    checks: ["lxcfs-dead"],
    signatures: [
      proof`/(?:proc|sys)/\S+: (?:transport endpoint is not connected|socket not connected)`,
      proof`lxcfs.{0,160}(?:transport endpoint is not connected|segfault|killed|died|dead|exited|restart)`,
      proof`transport endpoint is not connected.{0,160}(?:/proc/|/sys/|lxcfs)`,
      without(
        strong`transport endpoint is not connected`,
        "nydus|rafs|stargz|gluster|s3fs|juicefs|ceph|goofys|rclone|sshfs|dbus|sd-bus",
      ),
      beside(strong`/proc must be mounted`, "lxcfs"),
      strong`\benotconn\b`,
    ],
    words:
      "lxcfs restarted segfault upgraded killed /proc not usable in containers cpuinfo meminfo cannot be read ENOTCONN transport endpoint is not connected lxcfs 重启 /proc 读取失败",
  },
  {
    id: "idmap-unsupported",
    title: { en: "The volume's file system does not support id-mapped mounts", zh: "卷的文件系统不支持 ID 映射挂载" },
    side: "ours",
    signatures: [
      proof`mount_attr_idmap`,
      proof`attach idmapping|x-mount\.idmap|unable to shift [ug]id|failed to create idmapped mount`,
      proof`(?:id-?mapp?(?:ed|ing)?|idmap) mounts?.{0,80}(?:not supported|unsupported|failed|doesn't support|not implemented|requires)`,
      proof`doesn't support idmap`,
      strong`mount_setattr.{0,60}(?:invalid argument|not (?:permitted|supported|implemented))`,
      strong`creating an id-mapped copy of layer`,
    ],
    words: "idmapped mount not supported user namespaces pods hugepage NFS ID 映射挂载 不支持",
  },
];
