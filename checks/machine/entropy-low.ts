// Check: the kernel's entropy pool is nearly empty: TLS and key generation block. Only on kernels before 5.18, whose pool can run dry.
import { defineCheck } from "../define.ts";
import { isUnderLevel, numberOf } from "../parts.ts";
import { t } from "../text.ts";

export const entropyLow = defineCheck({
  id: "entropy-low",
  title: t("Entropy low", "熵池不足"),
  area: "kernel",
  severity: "info",
  needs: ["vm"],
  raiseAfterMs: 45_000,
  clearAfterMs: 30_000,
  factTtlMs: 120_000,
  thresholds: { raiseBits: 100, clearBits: 200, smallPoolBits: 256 },
  suggestion: t(
    "Give the virtual machine a virtio-rng device, or run rngd; kernels from 5.18 on no longer have this trouble.",
    "为虚拟机添加 virtio-rng 设备或运行 rngd；5.18 及以上内核不再有此问题。",
  ),
  repairs: [],
  aliases: ["lowest_entropy", "HostLowEntropy"],
  evaluate: ({ facts: { vm }, thresholds, open }) => {
    const { entropyBits, entropyPoolBits } = vm;
    if (entropyBits === null || entropyPoolBits === null || entropyPoolBits <= thresholds.smallPoolBits) return [];
    if (!isUnderLevel(entropyBits, open.has("entropy"), thresholds.raiseBits, thresholds.clearBits)) return [];
    return [
      {
        subject: "entropy",
        reason: "PoolLow",
        message: t(
          `${entropyBits} bits of entropy are left; programs that need random numbers wait.`,
          `熵池仅剩 ${entropyBits} 位；需要随机数的程序会被阻塞。`,
        ),
        evidence: [numberOf(t("Bits left", "剩余位数"), "vm", entropyBits, "count", thresholds.raiseBits)],
        params: {},
      },
    ];
  },
});
