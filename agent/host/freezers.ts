// Who may be at work with something that is frozen: a thaw in the middle spoils a snapshot, a backup or a checkpoint without anybody noticing.
import { existsSync } from "node:fs";

type Processes = Iterable<{ name: string; state: string }>;

/** Programs that run only while they take a snapshot or a backup. Daemons that are always there (vmtoolsd, Velero's) say nothing by being there. */
const AT_WORK = /^(fsfreeze|xfs_freeze|lvcreate|lvconvert|restic|kopia|borg|xtrabackup|mariabackup|mariadb-backup)$/;
/** qemu-ga keeps this file from the hypervisor's freeze to its thaw. */
const QEMU_GA_FILES = ["/run/qga.state.isfrozen", "/var/run/qga.state.isfrozen", "/run/qemu-ga/qga.state.isfrozen"];

const live = (p: { state: string }): boolean => p.state !== "Z" && p.state !== "X";

/** A snapshot or backup under way on this machine, in containers too; null where none is known. */
export function backupAtWork(processes: Processes, exists: (path: string) => boolean = existsSync): string | null {
  if (QEMU_GA_FILES.some(exists)) return "qemu-ga: the hypervisor takes a snapshot";
  for (const p of processes) if (live(p) && AT_WORK.test(p.name)) return p.name;
  return null;
}

const OCI_RUNTIME = /^(runc|crun|youki|runsc)$/;

/**
 * A checkpoint under way that may be of this container; null where none is. criu does not say of which one it is: while one works, every frozen
 * container may be its own.
 */
export async function checkpointAtWork(
  table: { all: Iterable<{ pid: number; name: string; state: string }> },
  containerId: string,
  argvOf: (pid: number) => Promise<readonly string[]>,
): Promise<string | null> {
  for (const p of table.all) {
    if (!live(p)) continue;
    if (p.name === "criu") return "criu takes a checkpoint";
    if (!OCI_RUNTIME.test(p.name)) continue;
    const argv = await argvOf(p.pid);
    if (argv.includes("checkpoint") && argv.includes(containerId)) return `${p.name} takes a checkpoint of it`;
  }
  return null;
}
