// The first process of a lab node, as a script: builds the node's view of a host (mounts, /proc, cgroups, paths), then only
// reaps. Ending it ends everything in the node. Started by boot.ts inside fresh namespaces.

/** What the script needs to know; every path is one of the machine's, seen before the node's own mounts cover it. */
export interface InitInput {
  /** The node's folder. */
  dir: string;
  name: string;
  machineId: string;
  /** Image file with an ext4 file system for /var/lib/containerd; undefined = a tmpfs of the same size. */
  storageImage?: string;
  storageBytes: number;
  storageInodes: number;
  /** Node.js binary to show in the node as /run/nodeops-lab/bin/node; not below /run. */
  nodeBin: string;
  /** cgroup v1 hierarchies of the machine (`folder name` → mount options); empty on a machine with cgroup v2 only. */
  hierarchies: readonly { folder: string; options: string }[];
}

/** A string as one word of bash. */
export const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function cgroupMounts(hierarchies: InitInput["hierarchies"]): string {
  if (hierarchies.length === 0) {
    return `umount -R /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
for c in $(cat /sys/fs/cgroup/cgroup.controllers); do echo +$c > /sys/fs/cgroup/cgroup.subtree_control || true; done`;
  }
  // an own tmpfs as root: the machine's own one is shared and must not be touched
  return `mount -t tmpfs -o mode=755,size=1m cgroup /sys/fs/cgroup
${hierarchies.map((h) => `mkdir /sys/fs/cgroup/${h.folder}; mount -t cgroup -o ${h.options} cgroup /sys/fs/cgroup/${h.folder}`).join("\n")}`;
}

/** The init script. Prints nothing; writes `<dir>/init.pid` (the machine's pid of this very process) when the node is ready. */
export function initScript(input: InitInput): string {
  const dir = quote(input.dir);
  const storage = input.storageImage
    ? `mount -o loop,noatime ${quote(input.storageImage)} $D/var/lib/containerd`
    : `mount -t tmpfs -o mode=711,size=${input.storageBytes},nr_inodes=${input.storageInodes} containerd $D/var/lib/containerd`;
  return `#!/bin/bash
# First process of a lab node: makes the node's view of a host, then reaps. Written by the lab.
set -eu
D=${dir}
read -r outer _ < /proc/self/stat
mkdir -p $D/var/lib/{containerd,lxcfs,cni,nodeops-agent,dpkg} $D/var/log/pods $D/var/{tmp,cache,spool}
ln -sfn /run $D/var/run; ln -sfn /run/lock $D/var/lock
${storage}
[ ! -d /var/lib/dpkg ] || mount --bind -o ro /var/lib/dpkg $D/var/lib/dpkg
# /run, /tmp and changes in /etc are the node's own
mount -t tmpfs -o mode=755,size=64m run /run
mkdir -p /run/lock /run/netns /run/nodeops-lab/{upper,work,bin}
touch /run/nodeops-lab/bin/node; mount --bind ${quote(input.nodeBin)} /run/nodeops-lab/bin/node
mount -t overlay -o lowerdir=/etc,upperdir=/run/nodeops-lab/upper,workdir=/run/nodeops-lab/work etc /etc
mount --rbind $D/var /var
umount $D/var/lib/containerd; umount $D/var/lib/dpkg 2>/dev/null || true
printf '%s\\n' ${quote(input.machineId)} > /etc/machine-id
printf '%s\\n' ${quote(input.name)} > /etc/hostname
hostname ${quote(input.name)}
# what the machine has configured for its own runtimes and NICs is not the node's
[ "$(stat -f -c %T /etc)" = overlayfs ] # never the machine's own
rm -rf /etc/nodeops /etc/containerd /etc/cni /etc/kubernetes /etc/udev/rules.d
mkdir -p /etc/nodeops/modules /etc/containerd/certs.d /etc/cni/net.d /etc/udev/rules.d /etc/dragonfly
umount -R /sys 2>/dev/null || umount -Rl /sys
mount -t sysfs sysfs /sys
${cgroupMounts(input.hierarchies)}
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null || true
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null || true
mount -t proc proc /proc
# sysctls outside net are the machine's: a node may read them only
mkdir /run/nodeops-lab/net; mount --bind /proc/sys/net /run/nodeops-lab/net
mount --bind -o ro /proc/sys /proc/sys; mount --move /run/nodeops-lab/net /proc/sys/net
printf '%s' "$outer" > "$D/init.pid"
# last, since the lab's folder may itself be below /tmp
mount -t tmpfs -o mode=1777,size=64m tmp /tmp
mount --make-rshared /
ip link set lo up
sysctl -qw net.ipv4.ip_forward=1
touch /run/nodeops-lab/ready
cd /
exec </dev/null >/dev/null 2>&1
trap '' HUP INT TERM
# waiting is reaping: bash collects every process that is handed down to it
while :; do sleep 1000000 & wait $!; done
`;
}

/** Runs in the machine's namespaces: puts itself into the node's cgroups, then becomes the parent of the node's first process. */
export function bootScript(cgroupFolders: readonly string[], initFile: string, marker: string): string {
  const node = `unshare -p -f -m -n -u -i --propagation private bash ${quote(initFile)} ${quote(marker)}`;
  // cgroup v2 wants no process beside child groups: what is the node's root when the namespace is made must be left again
  const only = cgroupFolders.length === 1 ? cgroupFolders[0] : undefined;
  const leave = only ? `mkdir -p ${only}/system && echo $$ > ${only}/system/cgroup.procs && ` : "";
  return `set -eu
${cgroupFolders.map((folder) => `echo $$ > ${quote(`${folder}/cgroup.procs`)}`).join("\n")}
exec unshare -C bash -c ${quote(`${leave}exec ${node}`)}`;
}
