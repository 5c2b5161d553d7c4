// Images that are read from afar, and the peer-to-peer network that brings them: overlaybd, Nydus, stargz, Dragonfly.
import type { Cause } from "../cause.ts";
import { beside, hint, proof, strong, without } from "./signs.ts";

const P2P = "dfdaemon|dfget|dragonfly|supernode|65001|seed ?peer|peer-to-peer|p2p|peer_?task";

export const acceleration: readonly Cause[] = [
  {
    id: "overlaybd-attach-failed",
    title: { en: "The accelerated image's block device cannot be attached", zh: "加速镜像的块设备无法挂接" },
    side: "ours",
    explains: ["overlaybd-mount-failed", "image-pull-auth"],
    signatures: [
      strong`\boverlaybd\S* .{0,120}(?:failed to|cannot|unable to) (?:attach|create|open|enable|load)`,
      proof`failed to attach and mount for snapshot`,
      proof`failed to enable target for /sys/kernel/config/target`,
      proof`failed to (?:create|write|open) (?:target|device|loopback) .{0,80}/sys/kernel/config/target`,
      proof`(?:mkdir|open|write|stat) /sys/kernel/config/target/core/user_\d+`,
      proof`failed to attach (?:overlaybd|block) device`,
      proof`failed to open remote file as tar file`,
      strong`overlaybd-tcmu.{0,200}(?:failed|error)`,
      strong`tcmu.{0,40}(?:failed|error) .{0,60}(?:open|create|attach)`,
    ],
    words: "overlaybd DADI accelerated image attach failed tcmu target enable busybox obd 加速镜像 挂接失败 块设备",
  },
  {
    id: "overlaybd-mount-failed",
    title: { en: "The accelerated image's file system cannot be mounted", zh: "加速镜像的文件系统无法挂载" },
    side: "ours",
    signatures: [
      proof`failed to mount (?:the )?device\(?/dev/sd\w+\)? .{0,120}(?:overlaybd|snapshot|accelerated)`,
      proof`failed to mount /dev/sd\w+ to \S*(?:overlaybd|io\.containerd\.snapshotter\.v1\.overlaybd)`,
      beside(
        strong`(?:can't|cannot|failed to) (?:read superblock|mount) .{0,60}/dev/sd\w+`,
        "overlaybd|obdconv|accelerated-container-image",
      ),
      beside(strong`write access unavailable, cannot proceed`, "overlaybd|obdconv|/dev/sd"),
    ],
    words:
      "overlaybd converted image block device cannot be mounted read-only file system obdconv snapshot AKS 加速镜像 只读 挂载失败",
  },
  {
    id: "overlaybd-version-mismatch",
    title: {
      en: "The accelerated image was built by another version than runs here",
      zh: "加速镜像的构建版本与运行版本不一致",
    },
    side: "ours",
    signatures: [
      beside(
        proof`(?:unsupported|unknown|invalid|mismatch(?:ed)?) .{0,40}(?:version|header|magic|format)`,
        "overlaybd|lsmt|zfile",
      ),
      beside(
        strong`(?:trailer|header) type ?:? ?magic.{0,20}(?:not match|don'?t match|mismatch)`,
        "overlaybd|lsmt|zfile|tar",
      ),
      strong`(?:lsmt|zfile).{0,60}(?:magic|version|header).{0,40}(?:match|fail|invalid|error)`,
    ],
    words:
      "overlaybd image converted with layer deduplication another version turboOCI container creation fails 版本不一致 去重",
  },
  {
    id: "nydus-fuse-io-error",
    title: { en: "Nydus cannot read the image's data", zh: "Nydus 无法读取镜像数据" },
    side: "ours",
    signatures: [
      strong`\bnydusd?\b.{0,160}(?:failed to|error|died|exited|panicked)`,
      proof`reply error header outheader \{ len: 16, error: -5`,
      proof`data out of range, available \d+ requested \d+`,
      beside(proof`transport endpoint is not connected`, "nydus|rafs"),
      beside(strong`input/output error`, "nydus|rafs"),
      beside(
        strong`(?:failed to (?:read|fetch|get) (?:data|blob|chunk)|backend (?:read )?error|read error)`,
        "nydus|rafs",
      ),
      beside(strong`(?:nydusd|daemon) .{0,80}(?:died|exited|not (?:ready|running)|hung|timeout)`, "nydus"),
      strong`fuse:? .{0,60}(?:error|eio).{0,80}rafs`,
    ],
    words: "nydus fuse EIO input output error reading files lazy image nydusd rafs 懒加载镜像 读取错误",
  },
  {
    id: "remote-snapshot-not-prepared",
    title: { en: "A lazily read image lost its backend", zh: "按需读取的镜像失去后端" },
    side: "ours",
    signatures: [
      proof`failed to (?:prepare|check|resolve|mount) (?:the )?remote snapshot`,
      strong`remote snapshots?.{0,60}(?:failed|not (?:prepared|found|available))`,
      beside(strong`failed to (?:read|prepare|fetch|resolve) .{0,120}`, "stargz"),
      beside(strong`(?:input/output error|transport endpoint is not connected)`, "stargz|containerd-stargz-grpc"),
    ],
    words: "stargz snapshotter lazy pulling remote snapshot 远程快照",
  },
  {
    id: "p2p-back-to-source",
    title: {
      en: "The peer-to-peer network is passed by: nodes load from the registry itself",
      zh: "未经 P2P 网络：节点直接回源拉取",
    },
    side: "ours",
    signatures: [
      without(proof`(?:back to source|back-to-source|back source|backsource|backtosource)`, "not back source"),
      proof`start (?:to )?download(?:ing)? from source`,
      beside(strong`need(?:s)? ?back ?(?:to )?source`, P2P),
      beside(strong`(?:schedule|register) .{0,60}(?:timeout|failed).{0,80}(?:origin|source)`, P2P),
    ],
    words:
      "dragonfly dfget always pulls from remote registry back to source seed peer succeeded but agent goes to source kind 回源 一直从源站拉取",
  },
  {
    id: "p2p-download-failed",
    title: { en: "The peer-to-peer agent cannot bring the layer", zh: "P2P 代理无法下载镜像层" },
    side: "ours",
    explains: ["image-pull-timeout", "registry-disk-proxy-error"],
    signatures: [
      proof`dial tcp (?:127\.0\.0\.1|localhost|\[::1\]):65001`,
      proof`dfget .{0,120}(?:exit status [1-9]\d*|failed|error)`,
      proof`(?:dfdaemon|dragonfly).{0,200}(?:download (?:failed|error)|failed to download|fail to download)`,
      proof`download fail and not back source`,
      beside(proof`(?:download (?:piece )?fail|pull piece task fail|get piece tasks? (?:with )?error)`, P2P),
      strong`(?:127\.0\.0\.1|localhost):65001.{0,120}(?:connection refused|50[0-4]|eof|reset)`,
      beside(strong`(?:piece|task) .{0,80}(?:download )?fail(?:ed|ure)`, P2P),
    ],
    words: "dragonfly dfdaemon dfget exit status 1 download failed P2P 下载失败",
  },
  {
    id: "p2p-mirror-misconfig",
    title: {
      en: "The runtime's mirror points to something that is not a registry",
      zh: "运行时的镜像加速地址指向的并非镜像仓库",
    },
    side: "ours",
    signatures: [
      proof`(?:unexpected|unsupported|unknown|invalid) (?:manifest )?(?:media ?type|content ?type).{0,30}text/html`,
      proof`text/html.{0,60}(?:not supported|unsupported|unexpected|cannot be|is not)`,
      proof`failed precondition: unexpected media type text/html`,
      strong`media type "?text/html`,
      beside(
        strong`invalid character '<' looking for beginning of value`,
        "pull|manifest|registry|mirror|resolve reference",
      ),
    ],
    words:
      "dragonfly mirror config containerd hosts.toml HTML media type instead of manifest after patching AKS 镜像加速配置错误 返回网页",
  },
  {
    id: "p2p-supernode-stuck",
    title: { en: "The peer-to-peer scheduler is stuck", zh: "P2P 调度节点卡死" },
    side: "ours",
    explains: ["registry-disk-proxy-error", "image-pull-timeout"],
    signatures: [
      beside(strong`\b50[24] (?:bad gateway|gateway time-?out)`, P2P),
      beside(proof`(?:supernode|scheduler|manager) .{0,80}(?:timeout|unavailable|refused|not respond|deadline)`, P2P),
      beside(strong`retrying in \d+ seconds?`, P2P),
      hint`supernode`,
    ],
    words:
      "dragonfly supernode stuck pulls retry layers end 502 bad gateway after a day or two 超级节点 调度器卡住 反复重试",
  },
];
