// Fact "identity": what machine this is. Read from /proc, /etc and DMI; changes only with reinstall, resize or reboot.
import { arch, cpus, networkInterfaces, release, totalmem } from "node:os";
import { readText } from "../host/file.ts";
import { bootedAt } from "../host/proc.ts";
import { defineCollector } from "./define.ts";

/** Parses os-release(5): KEY="value" lines. */
export function parseOsRelease(text: string): { id: string; name: string; version: string } {
  const value = (key: string): string => new RegExp(`^${key}=["']?(.*?)["']?$`, "m").exec(text)?.[1] ?? "";
  return {
    id: value("ID") || "linux",
    name: value("PRETTY_NAME") || value("NAME") || "Linux",
    version: value("VERSION_ID"),
  };
}

/** Hypervisor by the product and vendor that its firmware shows; null on bare metal or when it hides. */
export function virtualizationOf(vendor: string | null, product: string | null, cpuinfo: string): string | null {
  const dmi = `${vendor ?? ""} ${product ?? ""}`.toLowerCase();
  const named = (["qemu", "kvm", "vmware", "virtualbox", "xen", "firecracker", "bochs"] as const).find((n) =>
    dmi.includes(n),
  );
  if (named) return named;
  if (dmi.includes("alibaba") || dmi.includes("amazon ec2") || dmi.includes("google compute")) return "kvm";
  if (dmi.includes("microsoft") && dmi.includes("virtual")) return "hyper-v";
  return /^flags\s*:.*\bhypervisor\b/m.test(cpuinfo) ? "vm" : null;
}

/** SwapTotal of /proc/meminfo, bytes. */
export const swapOf = (meminfo: string): number => Number(/^SwapTotal:\s+(\d+) kB/m.exec(meminfo)?.[1] ?? 0) * 1024;

/** Addresses by which the node may be reached: no loopback, no link-local, none of bridges and pairs that containers bring. */
function addresses(): string[] {
  const found: string[] = [];
  for (const [name, list] of Object.entries(networkInterfaces())) {
    if (/^(veth|cali|cni|docker|br-|flannel|nodelocaldns|podman)/.test(name)) continue;
    for (const item of list ?? []) if (!item.internal && !item.address.startsWith("fe80:")) found.push(item.address);
  }
  return found.sort();
}

const dmi = (name: string): string | null => readText(`/sys/class/dmi/id/${name}`) || null;

export const identity = defineCollector({
  kind: "identity",
  everyMs: 300_000,
  timeoutMs: 10_000,
  read: ({ agentVersion, bootId }) => {
    const cpuinfo = readText("/proc/cpuinfo") ?? "";
    const vendor = dmi("sys_vendor");
    const product = dmi("product_name");
    const processors = cpus();
    return {
      hostname: readText("/proc/sys/kernel/hostname") ?? "",
      machineId: readText("/etc/machine-id") ?? "",
      bootId,
      bootedAt: bootedAt(),
      os: parseOsRelease(readText("/etc/os-release") ?? readText("/usr/lib/os-release") ?? ""),
      kernel: release(),
      arch: arch(),
      virtualization: virtualizationOf(vendor, product, cpuinfo),
      product: product ? [vendor, product].filter(Boolean).join(" ") : null,
      serial: dmi("product_serial"),
      cpuModel: processors[0]?.model.trim() ?? "",
      cpuCount: processors.length,
      memoryBytes: totalmem(),
      swapBytes: swapOf(readText("/proc/meminfo") ?? ""),
      addresses: addresses(),
      agentVersion,
    };
  },
});
