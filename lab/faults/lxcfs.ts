// Fault: lxcfs dies under its mount; and the by-hand repair, which gives running containers their files back.
import { startLxcfs } from "../boot.ts";
import { inNode } from "../exec.ts";
import { paths } from "../node-files.ts";
import type { Fault } from "./fault.ts";

/*
 * A bind mount cannot cross mount namespaces by mount(8). The kernel's newer calls can: open_tree() clones the fresh lxcfs file's
 * mount in the node's namespace, setns() enters the container's, move_mount() attaches the clone there. perl is on every Debian.
 * Numbers: open_tree 428, move_mount 429 on every architecture; setns by nsenter would lose the clone, so 308 (x86-64) or 268 (arm64).
 */
const reattach = `
my ($pid, $setns, @files) = @ARGV;
my @clones = map { my $fd = syscall(428, -100, my $p = "/var/lib/lxcfs/proc/$_", 1 | 02000000); $fd < 0 and die "open_tree $_: $!\\n"; [$_, $fd] } @files;
open(my $ns, '<', "/proc/$pid/ns/mnt") or die "ns: $!\\n";
syscall($setns, fileno($ns), 0x20000) == 0 or die "setns: $!\\n";
for (@clones) { my ($file, $fd) = @$_; my ($empty, $target) = ("", "/proc/$file"); system("umount", "-l", $target);
  syscall(429, $fd, $empty, -100, $target, 4) == 0 or die "move_mount $file: $!\\n"; }`;

// every process whose mount namespace has dead lxcfs files; one per namespace
const deadNamespaces = `
seen=" "
for p in /proc/[0-9]*; do
  ns=$(readlink $p/ns/mnt 2>/dev/null) || continue
  case $seen in *" $ns "*) continue;; esac
  seen="$seen$ns "
  files=$(awk '$9 == "fuse.lxcfs" || $8 == "fuse.lxcfs" || / - fuse.lxcfs / { print $5 }' $p/mountinfo 2>/dev/null | sed -n 's|^/proc/||p')
  [ -n "$files" ] && echo "\${p#/proc/} $(echo $files)"
done; true`;

export const lxcfsDead: Fault = {
  id: "lxcfs-dead",
  title: "lxcfs dead",
  does: "SIGKILL to lxcfs: its mount and the files bound from it into containers answer 'Transport endpoint is not connected'",
  check: "lxcfs-dead",
  repair: "detach the dead mount, start lxcfs, bind its files into the running containers again",
  asked: { pod: "shop-web", side: "ours" },
  async inject({ pid }) {
    const killed = await inNode(
      pid,
      'pid=$(cat "$1"); [ "$(cat /proc/$pid/comm)" = lxcfs ] || exit 1; kill -KILL $pid; echo $pid',
      [paths.lxcfsPid],
    );
    return `killed lxcfs, pid ${killed.trim()} in the node`;
  },
  async heal({ pid }) {
    await startLxcfs(pid);
    const setns = process.arch === "arm64" ? "268" : "308";
    const done: string[] = [];
    for (const line of (await inNode(pid, deadNamespaces)).trim().split("\n").filter(Boolean)) {
      const [inner = "", ...files] = line.split(" ");
      const dead = await inNode(
        pid,
        'p=$1; shift; for f in "$@"; do nsenter -t $p -m cat /proc/$f >/dev/null 2>&1 || echo $f; done',
        [inner, ...files],
      );
      if (dead.trim() === "") continue;
      await inNode(pid, 'script=$1; shift; perl -e "$script" "$@" || [ ! -e /proc/$1 ]', [
        reattach,
        inner,
        setns,
        ...dead.trim().split("\n"),
      ]);
      done.push(inner);
    }
    return `lxcfs runs; files bound again in ${done.length} containers`;
  },
};

export const lxcfsHung: Fault = {
  id: "lxcfs-hung",
  title: "lxcfs hung",
  does: "SIGSTOP to lxcfs: whoever reads its files, in containers too, waits until it goes on",
  check: "lxcfs-dead",
  repair: "let it go on; nothing is lost",
  asked: { pod: "shop-web", side: "ours" },
  async inject({ pid }) {
    const script = 'pid=$(cat "$1"); [ "$(cat /proc/$pid/comm)" = lxcfs ] || exit 1; kill -STOP $pid; echo $pid';
    return `stopped lxcfs, pid ${(await inNode(pid, script, [paths.lxcfsPid])).trim()} in the node`;
  },
  async heal({ pid }) {
    await inNode(
      pid,
      'pid=$(cat "$1"); if [ "$(cat /proc/$pid/comm 2>/dev/null)" = lxcfs ]; then kill -CONT $pid; fi',
      [paths.lxcfsPid],
    );
    return "lxcfs goes on";
  },
};
