// What a shared cause is called, and on how many nodes it must show before it is one. Pure.
import type { Text } from "../../protocol/text.ts";
import { toPgText } from "../agents/pg-json.ts";

/** "<kind>:<what>" as checks write it and as inference makes it. */
export type Cause = { kind: string; what: string };

export function causeOf(causeKey: string): Cause {
  const at = causeKey.indexOf(":");
  return at <= 0 ? { kind: "shared", what: causeKey } : { kind: causeKey.slice(0, at), what: causeKey.slice(at + 1) };
}

/** Each node has its own of these: an address that says "myself" names no cause that two nodes could share. */
export const isNodeLocal = ({ what }: Cause): boolean =>
  /^(?:[a-z+]+:\/\/)?(?:127\.\d+\.\d+\.\d+|\[?::1\]?|localhost|0\.0\.0\.0)(?:[:/%].*)?$|^(?:unix:|\/)/i.test(what);

/** Something that stands beside the nodes: two of them that complain of it at once are enough. */
const BESIDE: readonly string[] = ["registry", "nfs", "dns", "endpoint", "p2p", "proxy", "ntp", "switch"];
/** Something that nodes have in common anyway – a kernel, an image, a configuration – is under suspicion from the third on. Editorial. */
const NODES_MIN = 3;
const NODES_MIN_BESIDE = 2;

export const nodesNeeded = (kind: string): number => (BESIDE.includes(kind) ? NODES_MIN_BESIDE : NODES_MIN);

const nouns: Record<string, Text> = {
  registry: { en: "Registry", zh: "镜像仓库" },
  nfs: { en: "NFS server", zh: "NFS 服务器" },
  dns: { en: "DNS server", zh: "DNS 服务器" },
  endpoint: { en: "Endpoint", zh: "端点" },
  p2p: { en: "Image distribution", zh: "镜像分发" },
  proxy: { en: "Proxy", zh: "代理" },
  ntp: { en: "Time server", zh: "时间服务器" },
  switch: { en: "Switch", zh: "交换机" },
  image: { en: "Image", zh: "镜像" },
  kernel: { en: "Kernel", zh: "内核" },
  package: { en: "Package", zh: "软件包" },
  config: { en: "Configuration", zh: "配置" },
  runtimes: { en: "Runtime version", zh: "运行时版本" },
  agent: { en: "Agent version", zh: "代理版本" },
  os: { en: "Operating system", zh: "操作系统" },
  zone: { en: "Zone", zh: "可用区" },
  rack: { en: "Rack", zh: "机架" },
  pool: { en: "Pool", zh: "资源池" },
  repair: { en: "After the repair", zh: "修复之后：" },
  shared: { en: "Shared cause", zh: "共同原因" },
};

/** Longest part of a name that a title shows, characters. */
const WHAT_MAX = 120;

/** @param inferred title of the check whose findings share it, when no check named it */
export function titleOf({ kind, what }: Cause, inferred: Text | null = null): Text {
  const noun = nouns[kind] ?? { en: kind, zh: kind };
  const name = toPgText(what, WHAT_MAX);
  if (!inferred) return { en: `${noun.en} ${name}`, zh: `${noun.zh} ${name}` };
  return { en: `${noun.en} ${name}: ${inferred.en}`, zh: `${noun.zh} ${name}：${inferred.zh}` };
}
