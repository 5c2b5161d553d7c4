// Checks on log lines of hardware: memory, processors, slots, network cards, GPUs. Words only: which lines, how often and for how long is said by log-rules/rules/.
import { t } from "../text.ts";
import { fromRule } from "./from-rule.ts";

export const hardwareLogChecks = [
  fromRule({
    id: "hardware-error-fatal",
    area: "hardware",
    title: t("Fatal hardware error", "致命硬件错误"),
    says: t("The firmware reported a fatal hardware error", "固件报告了致命硬件错误"),
    suggestion: t(
      "Drain the node and open a hardware ticket; do not put it back after a mere reboot.",
      "排空节点并提交硬件工单；不要仅重启后就恢复使用。",
    ),
  }),
  fromRule({
    id: "hardware-error-recoverable",
    area: "hardware",
    title: t("Recoverable hardware error", "可恢复的硬件错误"),
    says: t("The firmware reported a hardware error that could be recovered from", "固件报告了可恢复的硬件错误"),
    suggestion: t(
      "Note it and watch how often it comes; plan an inspection when it repeats.",
      "记录并关注频率；若重复出现则安排检查。",
    ),
  }),
  fromRule({
    id: "hardware-error-corrected",
    area: "hardware",
    title: t("Corrected hardware error", "已纠正的硬件错误"),
    says: t("The hardware corrected an error by itself", "硬件自行纠正了一次错误"),
    suggestion: t(
      "Nothing today. Count them by part; a number that grows announces a failure.",
      "目前无需处理。按部件统计；数量增长预示故障。",
    ),
  }),
  fromRule({
    id: "machine-check",
    area: "hardware",
    title: t("Machine check: uncorrected error", "机器检查异常：不可纠正错误"),
    says: t("The processor reported an error that it could not correct", "处理器报告了无法纠正的错误"),
    suggestion: t("Drain the node and have memory and processor inspected.", "排空节点，检查内存与处理器。"),
    dependsOn: [
      "hardware-error-fatal",
      "memory-errors-uncorrected",
      "hardware-corrupted-memory",
      "memory-uncorrectable-errors",
    ],
  }),
  fromRule({
    id: "memory-errors-corrected",
    area: "hardware",
    title: t("Memory module corrects many errors", "内存条频繁纠错"),
    says: t("The memory module {dimm} corrects errors often", "内存条 {dimm} 频繁纠正错误"),
    suggestion: t("Plan to swap the module; until then all data is right.", "安排更换内存条；在此之前数据都是正确的。"),
    dependsOn: ["memory-correctable-errors"],
  }),
  fromRule({
    id: "memory-errors-uncorrected",
    area: "hardware",
    title: t("Memory module has uncorrectable errors", "内存条出现不可纠正错误"),
    says: t("The memory module {dimm} has errors that cannot be corrected", "内存条 {dimm} 出现不可纠正的错误"),
    suggestion: t("Drain the node now and replace the module.", "立即排空节点并更换内存条。"),
    dependsOn: ["memory-uncorrectable-errors"],
  }),
  fromRule({
    id: "processor-throttled-by-heat",
    area: "hardware",
    title: t("Processor slowed down by heat", "处理器因过热降频"),
    says: t("CPU {cpu} was throttled for heat", "CPU {cpu} 因温度过高被降频"),
    suggestion: t(
      "Check fans, dust and inlet temperature; compare with the machines around it.",
      "检查风扇、积尘和进风温度，并与周围机器对比。",
    ),
    dependsOn: ["temperature-critical", "overheating"],
  }),
  fromRule({
    id: "temperature-critical",
    area: "hardware",
    title: t("Critical temperature", "温度达到临界值"),
    says: t("A sensor reached its critical temperature", "有传感器达到临界温度"),
    suggestion: t(
      "Move the load away and call the data centre: the machine switches itself off.",
      "迁走负载并联系机房：机器会自行断电。",
    ),
    dependsOn: ["overheating"],
  }),
  fromRule({
    id: "pcie-errors-uncorrected",
    area: "hardware",
    title: t("Uncorrected PCIe errors", "PCIe 不可纠正错误"),
    says: t(
      "The device at {device} had PCIe errors that were not corrected",
      "位于 {device} 的设备发生不可纠正的 PCIe 错误",
    ),
    suggestion: t(
      "Reseat or replace the card; check its slot and riser; update firmware.",
      "重新插拔或更换板卡；检查插槽与转接卡；升级固件。",
    ),
  }),
  fromRule({
    id: "pcie-errors-corrected",
    area: "hardware",
    title: t("Many corrected PCIe errors", "PCIe 纠错频繁"),
    says: t("The link of {device} corrects errors all the time", "{device} 的链路持续纠错"),
    suggestion: t(
      "Reseat the card at the next occasion; power saving of the link (`pcie_aspm=off`) is a known cause.",
      "下次维护时重新插拔板卡；链路节能是已知原因之一（`pcie_aspm=off`）。",
    ),
    dependsOn: ["pcie-errors-uncorrected"],
  }),
  fromRule({
    id: "pcie-power-insufficient",
    area: "hardware",
    title: t("Slot gives too little power", "插槽供电不足"),
    says: t(
      "The slot of the network card {device} gives too little power ({watts} W)",
      "网卡 {device} 所在插槽供电不足（{watts} W）",
    ),
    suggestion: t(
      "Have slot, riser and power supply inspected; until then the card works below its speed.",
      "检查插槽、转接卡与电源；在此之前网卡会降速运行。",
    ),
  }),
  fromRule({
    id: "network-module-hot",
    area: "hardware",
    title: t("Network card's module too hot", "网卡光模块过热"),
    says: t(
      "A module of a network card reported high temperature (port {module})",
      "网卡模块（端口 {module}）报告高温",
    ),
    suggestion: t(
      "Check airflow and the optical module; replace the module when it stays hot.",
      "检查风道与光模块；若持续高温则更换。",
    ),
  }),
  fromRule({
    id: "infiniband-register-access-failed",
    area: "hardware",
    title: t("Network card refuses a register access", "网卡寄存器访问失败"),
    says: t("A network card refused an access to its registers", "网卡拒绝寄存器访问"),
    suggestion: t(
      "Update firmware and driver of the card together; a virtual function may simply not be permitted to.",
      "同时升级网卡固件与驱动；虚拟功能（VF）可能只是没有权限。",
    ),
  }),
  fromRule({
    id: "gpu-error-critical",
    area: "gpu",
    title: t("GPU error that needs a reset", "需要复位的 GPU 错误"),
    says: t("The GPU {device} reported Xid {xid}", "GPU {device} 报告 Xid {xid}"),
    suggestion: t(
      "Drain its jobs and reset the GPU or reboot; 48, 63, 64, 74 and 79 that return ask for a replacement.",
      "迁走任务后复位 GPU 或重启；48、63、64、74、79 若再次出现应更换硬件。",
    ),
    dependsOn: ["gpu-lost"],
  }),
  fromRule({
    id: "gpu-error-other",
    area: "gpu",
    title: t("GPU error of a program", "程序引起的 GPU 错误"),
    says: t("The GPU {device} reported Xid {xid}", "GPU {device} 报告 Xid {xid}"),
    suggestion: t(
      "Mostly the program's fault (13, 31, 43, 45): tell its owner.",
      "多为程序问题（13、31、43、45）：通知其负责人。",
    ),
    dependsOn: ["gpu-error-critical", "gpu-lost"],
  }),
  fromRule({
    id: "gpu-lost",
    area: "gpu",
    title: t("GPU lost", "GPU 掉卡"),
    says: t("A GPU ({device}) is not reachable any more", "GPU（{device}）已不可访问"),
    suggestion: t(
      "Drain and reboot; when it is lost again, reseat it and check power, then replace it.",
      "排空并重启；再次掉卡则重新插拔、检查供电，然后更换。",
    ),
    dependsOn: ["gpu-count-short"],
  }),
  fromRule({
    id: "nvswitch-error-fatal",
    area: "gpu",
    title: t("NVSwitch: fatal error", "NVSwitch 致命错误"),
    says: t("An NVSwitch reported the fatal error {code}", "NVSwitch 报告致命错误 {code}"),
    suggestion: t(
      "Drain the node and reboot; open a hardware ticket when it returns.",
      "排空并重启节点；再次出现则提交硬件工单。",
    ),
  }),
  fromRule({
    id: "nvswitch-error-other",
    area: "gpu",
    title: t("NVSwitch: error", "NVSwitch 错误"),
    says: t("An NVSwitch reported the error {code}", "NVSwitch 报告错误 {code}"),
    suggestion: t("Watch it; many on one link point at that link.", "继续观察；若集中在一条链路则是该链路的问题。"),
    dependsOn: ["nvswitch-error-fatal"],
  }),
  fromRule({
    id: "fabric-manager-failed",
    area: "gpu",
    title: t("Fabric manager cannot set up NVLink", "Fabric Manager 无法建立 NVLink"),
    says: t("The fabric manager could not find a GPU of a multicast team", "Fabric Manager 找不到多播组中的 GPU"),
    suggestion: t(
      "Restart the jobs and the fabric manager; its version must be the driver's.",
      "重启任务与 Fabric Manager；其版本必须与驱动一致。",
    ),
    dependsOn: ["nvswitch-error-fatal", "fabric-manager-down"],
  }),
  fromRule({
    id: "nvswitch-topology-wrong",
    area: "gpu",
    title: t("NVSwitch missing", "NVSwitch 数量不符"),
    says: t("The number of NVSwitches fits no known machine", "NVSwitch 数量与任何已知机型不符"),
    suggestion: t(
      "A switch is lost: reboot once, then open a hardware ticket.",
      "有交换芯片丢失：重启一次，再不行提交硬件工单。",
    ),
    dependsOn: ["fabric-manager-down"],
  }),
  fromRule({
    id: "nccl-crashes",
    area: "gpu",
    title: t("NCCL crashes", "NCCL 崩溃"),
    says: t("A program crashed inside libnccl", "有程序在 libnccl 中崩溃"),
    suggestion: t(
      "Advice to the owner: another NCCL version, and look for the rank that failed first.",
      "建议负责人：更换 NCCL 版本，并找出最先失败的 rank。",
    ),
  }),
  fromRule({
    id: "gpu-peer-memory-invalid",
    area: "gpu",
    title: t("GPU peer memory in a wrong state", "GPU 对等内存状态异常"),
    says: t("nvidia-peermem found an invalid context", "nvidia-peermem 检测到无效上下文"),
    suggestion: t(
      "Use a driver with the fix or DMA-BUF instead of nvidia-peermem.",
      "使用已修复的驱动，或以 DMA-BUF 代替 nvidia-peermem。",
    ),
  }),
] as const;
