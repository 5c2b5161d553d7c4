// A small catalogue for tests of the engine: each cause stands for a way in which causes meet.
import type { Cause } from "./cause.ts";

const cause = (id: string, words: string, rest: Partial<Cause>): Cause => ({
  id,
  title: { en: id, zh: id },
  side: "ours",
  signatures: [],
  words,
  ...rest,
});

export const testCauses: readonly Cause[] = [
  cause("sandbox-failed", "pod sandbox cannot be created 沙箱创建失败", {
    signatures: [{ match: "failed to create pod sandbox", strength: "proof" }],
  }),
  cause("bridge-conflict", "bridge has another address 网桥地址冲突", {
    signatures: [{ match: "failed to set bridge addr", strength: "proof" }],
  }),
  cause("disk-full", "disk is full no space left 磁盘写满 没有空间", {
    signatures: [
      { match: "no space left on device", strength: "strong", unless: "inotify|/sys/fs/cgroup" },
      { match: "write error", strength: "hint" },
      { match: "could not flush", strength: "hint" },
    ],
  }),
  cause("watches-used-up", "inotify watches are used up 监视数用尽", {
    signatures: [{ match: "no space left on device", strength: "strong", also: "inotify" }],
  }),
  cause("oom", "container killed because memory ran out exit code 137 内存不足被杀", {
    signatures: [
      { match: "Memory cgroup out of memory", strength: "proof" },
      { match: String.raw`exit code:? 137\b`, strength: "hint" },
    ],
  }),
  cause("init-oom", "memory limit too small to start", {
    explains: ["oom"],
    signatures: [{ match: "container init was oom-killed", strength: "proof" }],
  }),
  cause("defunct", "zombie processes nobody reaps 僵尸进程没有回收", {
    signatures: [{ match: String.raw`\[\S+\] <defunct>`, strength: "proof" }],
  }),
  cause("slow-names", "name lookups in pods take five seconds now and then 域名解析偶尔延迟五秒", {}),
];
