// Check: a NIC lost its name to another one, is stuck under a fallback name, or two NICs are promised the same name.
import type { FactData } from "../protocol/facts.ts";
import { defineCheck, type Evidence, type Problem } from "./define.ts";
import { doubleClaims, type LostNic, lostNics } from "./nic-names.ts";
import { t } from "./text.ts";

function evidenceOf(network: FactData["network"], names: readonly string[]): Evidence[] {
  const wanted = new Set(names);
  const claims = network.claimedNames.filter((claim) => wanted.has(claim.name));
  const macs = new Set(claims.map((claim) => claim.mac.toLowerCase()));
  const nics = network.interfaces.filter(
    (nic) => wanted.has(nic.name) || (nic.mac !== null && macs.has(nic.mac.toLowerCase())),
  );
  const evidence: Evidence[] = [
    {
      label: t("Interfaces concerned", "相关网络接口"),
      source: "network",
      kind: "table",
      columns: ["name", "index", "MAC", "kind", "up", "addresses"],
      rows: nics
        .slice(0, 20)
        .map((nic) => [nic.name, nic.index, nic.mac ?? "–", nic.kind, nic.up ? "yes" : "no", nic.addresses.join(" ")]),
    },
  ];
  if (claims.length > 0) {
    evidence.push({
      label: t("Persistent names claimed in udev rules", "udev 规则中声明的固定名称"),
      source: "network",
      kind: "table",
      columns: ["file", "line", "MAC", "name"],
      rows: claims.slice(0, 20).map((claim) => [claim.file, claim.line, claim.mac, claim.name]),
    });
  }
  if (network.missingDevices.length > 0) {
    evidence.push({
      label: t("Devices that configuration expects but that are not there", "配置需要但不存在的设备"),
      source: "network",
      kind: "table",
      columns: ["device", "wanted by"],
      rows: network.missingDevices.slice(0, 20).map((device) => [device.name, device.wantedBy]),
    });
  }
  return evidence;
}

function lostProblem(lost: LostNic, network: FactData["network"]): Problem {
  const { nic, wanted, holder } = lost;
  const names = [nic.name, ...(wanted ? [wanted] : [])];
  const params = { index: nic.index, mac: nic.mac, from: nic.name, wanted, holder: holder?.name ?? null };
  const evidence = evidenceOf(network, names);
  // The MAC is what stays when names move.
  const subject = nic.mac ?? nic.name;
  if (holder && wanted) {
    return {
      subject,
      reason: "NameTaken",
      message: t(
        `NIC ${nic.mac} should be ${wanted} but is ${nic.name}: ${wanted} went to ${holder.mac ?? "another device"} meanwhile. The next container that wants this NIC will not find it.`,
        `网卡 ${nic.mac} 应名为 ${wanted}，现为 ${nic.name}：${wanted} 已被 ${holder.mac ?? "另一设备"} 占用。下一个需要该网卡的容器将找不到它。`,
      ),
      evidence,
      params,
    };
  }
  return {
    subject,
    reason: lost.temporary ? "StuckUnderTemporaryName" : "NameMissed",
    message: t(
      `NIC ${nic.mac ?? nic.name} is stuck as ${nic.name}${wanted ? `, it should be ${wanted}` : ", and no rule says what it should be called"}.`,
      `网卡 ${nic.mac ?? nic.name} 滞留在名称 ${nic.name} 下${wanted ? `，应为 ${wanted}` : "，且没有规则说明它应有的名称"}。`,
    ),
    evidence,
    params,
  };
}

export const nicNameCollision = defineCheck({
  id: "nic-name-collision",
  title: t("NIC name collision", "网卡名称冲突"),
  area: "network",
  severity: "warning",
  needs: ["network"],
  // A rename takes milliseconds; two looks rule out one that was caught in the act.
  raiseAfterMs: 15_000,
  clearAfterMs: 10_000,
  factTtlMs: 120_000,
  thresholds: {},
  suggestion: t(
    "Give the lost NIC a free name and take the stale claim out of the udev rules. Then change the naming policy to one by MAC or slot, so that names are never handed out twice.",
    "为丢失的网卡改用空闲名称，并移除 udev 规则中过期的声明；随后将命名策略改为按 MAC 或插槽命名，避免名称被重复分配。",
  ),
  repairs: ["rename-nic"],
  evaluate: ({ facts: { network } }) => {
    const lost = lostNics(network);
    const doubled = doubleClaims(network, lost).map(
      ({ name, claims }): Problem => ({
        subject: name,
        reason: "NameClaimedTwice",
        severity: "info",
        message: t(
          `The name ${name} is promised to ${claims.length} NICs (${claims.map((c) => c.mac).join(", ")}). It works until both are on the node at once.`,
          `名称 ${name} 同时分配给了 ${claims.length} 块网卡（${claims.map((c) => c.mac).join("、")}）。一旦它们同时出现在节点上就会冲突。`,
        ),
        evidence: evidenceOf(network, [name]),
        params: { name, macs: claims.map((c) => c.mac) },
      }),
    );
    return [...lost.map((l) => lostProblem(l, network)), ...doubled];
  },
});
