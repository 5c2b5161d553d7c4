// What the lab needs of the machine, asked before it touches anything.
import { access, constants } from "node:fs/promises";
import { join } from "node:path";

/** Programs the lab runs, each with the Debian package that has it. */
const programs: Record<string, string> = {
  containerd: "containerd",
  ctr: "containerd",
  runc: "runc",
  crun: "crun",
  runsc: "runsc",
  lxcfs: "lxcfs",
  busybox: "busybox-static",
  ip: "iproute2",
  conntrack: "conntrack",
  nsenter: "util-linux",
  unshare: "util-linux",
  losetup: "mount",
  "mkfs.ext4": "e2fsprogs",
  perl: "perl-base",
};

async function onPath(program: string): Promise<boolean> {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"];
  for (const folder of folders) {
    const found = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}

/** What is missing on this machine for a lab, in words; empty when it can run. */
export async function missingTools(): Promise<string[]> {
  const missing: string[] = [];
  if (process.platform !== "linux") return ["Linux"];
  if (process.getuid?.() !== 0) missing.push("root");
  const packages = new Set<string>();
  for (const [program, debianPackage] of Object.entries(programs))
    if (!(await onPath(program))) packages.add(debianPackage);
  const bridge = await access("/usr/lib/cni/bridge").then(
    () => true,
    () => false,
  );
  if (!bridge) packages.add("containernetworking-plugins");
  if (packages.size > 0) missing.push(`the packages ${[...packages].join(" ")} (apt-get install)`);
  return missing;
}
