// Repair: give a lost NIC its name back, or a free one where the name is taken, and take the stale claim out of the udev rules.
import { type Claim, freeName, type LostNic, lostNics } from "../checks/nic-names.ts";
import { t } from "../checks/text.ts";
import { defineRepair, type RepairContext } from "./define.ts";
import { factsFresh, stillThere } from "./guards.ts";

type Target = { lost: LostNic; to: string; claim: Claim | null };

/** Which NIC, its new name, and the claim to take out. */
function targetOf(ctx: RepairContext): Target | undefined {
  const network = ctx.facts.network?.data;
  if (!network) return undefined;
  const lost = lostNics(network).find((l) => (l.nic.mac ?? l.nic.name) === ctx.finding.subject);
  if (!lost) return undefined;
  const { wanted, holder } = lost;
  // The name is in another NIC's hands: that one keeps it, the lost one gets a free name and its old claim goes.
  if (!wanted || holder) return { lost, to: freeName(wanted ?? "eth0", network), claim: lost.claim };
  // The name is free: take it back; a second claim on it by a NIC that is not here is what would take it away again.
  const macs = new Set(network.interfaces.map((nic) => nic.mac?.toLowerCase()));
  const rival = network.claimedNames.find((c) => c.name === wanted && !macs.has(c.mac.toLowerCase()));
  return { lost, to: wanted, claim: rival ?? null };
}

const isGlobal = (address: string): boolean => !/^(fe80:|127\.|169\.254\.|::1)/i.test(address);

export const renameNic = defineRepair({
  id: "rename-nic",
  title: t("Rename the lost NIC", "为丢失的网卡改名"),
  risk: "disruptive",
  verifies: ["nic-name-collision"],
  settleMs: 2_000,
  verifyWithinMs: 60_000,
  guards: (ctx) => {
    const target = targetOf(ctx);
    const nic = target?.lost.nic;
    const network = ctx.facts.network?.data;
    const routes = network?.defaultRoutes.filter((route) => route.device === nic?.name) ?? [];
    const addresses = nic?.addresses.filter(isGlobal) ?? [];
    const taken =
      network?.interfaces.some((other) => other.name === target?.to || other.altNames.includes(target?.to ?? "")) ??
      true;
    const inUse = [
      // A NIC that is down carries nothing; an address on it stays with it.
      ...(nic?.up ? addresses.map((a) => `up with address ${a}`) : []),
      ...(routes.length > 0 ? ["a default route"] : []),
      ...(nic?.master ? [`member of ${nic.master}`] : []),
    ];
    return [
      factsFresh(ctx, ["network"]),
      stillThere(nic ? `${nic.name}, index ${nic.index}, MAC ${nic.mac ?? "none"}` : null),
      {
        id: "nic-has-mac",
        title: t("The NIC can be told by its MAC", "可凭 MAC 识别该网卡"),
        ok: typeof nic?.mac === "string",
        detail: nic?.mac ?? "no MAC",
      },
      {
        id: "nic-unused",
        title: t(
          "Nobody uses it: down or without address, no default route, no bridge or bond",
          "未被使用：已关闭或无地址、无默认路由、不属于网桥或绑定",
        ),
        ok: nic !== undefined && inUse.length === 0,
        detail: nic ? inUse.join(", ") || (nic.up ? "unused" : "down") : "no such NIC",
      },
      {
        id: "name-free",
        title: t("The new name is free", "新名称未被占用"),
        ok: target !== undefined && !taken,
        detail: target ? `${target.to}: ${taken ? "taken" : "free"}` : "no such NIC",
      },
    ];
  },
  plan: (ctx) => {
    const target = targetOf(ctx);
    const mac = target?.lost.nic.mac;
    if (!target || !mac) return { nothing: t("No NIC is lost under a wrong name.", "没有网卡处于错误的名称下。") };
    const { nic } = target.lost;
    const claim = target.claim && { file: target.claim.file, mac: target.claim.mac, name: target.claim.name };
    return {
      evidence: { sections: ["network", "kmsg"] },
      steps: [
        {
          title: t(
            `Rename ${nic.name} to ${target.to}${claim ? `, drop the claim of ${claim.mac} on ${claim.name}` : ""}`,
            `将 ${nic.name} 改名为 ${target.to}${claim ? `，并移除 ${claim.mac} 对 ${claim.name} 的声明` : ""}`,
          ),
          action: { type: "nic.rename", params: { index: nic.index, mac, from: nic.name, to: target.to, claim } },
        },
      ],
      touches: t(
        `Touches only ${nic.name} (${mac})${claim ? ` and one line of ${claim.file}, of which a copy is kept` : ""}; no interface in use.`,
        `仅改动 ${nic.name}（${mac}）${claim ? `以及 ${claim.file} 中的一行（保留副本）` : ""}；不触碰任何在用接口。`,
      ),
    };
  },
  undo: (_ctx, done) =>
    [...done].reverse().flatMap(({ step, result }) => {
      if (step.action.type !== "nic.rename" || !result.changed) return [];
      const { index, mac, from, to } = step.action.params;
      return [
        {
          title: t(`Rename ${to} back to ${from}`, `将 ${to} 改回 ${from}`),
          action: { type: "nic.rename", params: { index, mac, from: to, to: from, claim: null } },
        },
      ];
    }),
});
