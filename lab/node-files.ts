// What is written into a node's /etc and /usr/local before its modules start: runtime, CNI, module start scripts, agent policy. Pure.
import { quote } from "./node-init.ts";

/** Reference of the one image all pods of the lab run from; it exists only on the lab's nodes. */
export const podImage = "localhost/nodeops-lab/app:1";

/** Paths inside a node. */
export const paths = {
  node: "/run/nodeops-lab/bin/node",
  agentBundle: "/var/lib/nodeops-lab/nodeops-agent.mjs",
  agentData: "/var/lib/nodeops-agent",
  agentLog: "/var/log/nodeops-agent.log",
  containerdStart: "/etc/nodeops/modules/containerd-start",
  lxcfsStart: "/etc/nodeops/modules/lxcfs-start",
  agentLoop: "/etc/nodeops/modules/agent-loop",
  conflist: "/etc/cni/net.d/10-nodeops.conflist",
  udevRules: "/etc/udev/rules.d/70-persistent-net.rules",
  containerdPid: "/run/containerd/containerd.pid",
  lxcfsPid: "/run/lxcfs.pid",
  dfdaemonStart: "/etc/nodeops/modules/dfdaemon-start",
  dfdaemonPid: "/run/dfdaemon.pid",
  /** Read by the stand-in for Dragonfly's daemon each second. */
  dfdaemonConfig: "/etc/dragonfly/dfdaemon.conf",
  /** Folder of containerd's mirrors, one folder a registry. */
  registryHosts: "/etc/containerd/certs.d",
} as const;

const runtimeHandler = (name: string, binary: string): string => `
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.${name}]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.${name}.options]
        BinaryName = "${binary}"
        Root = "/run/containerd/${name}"`;

/** containerd's configuration: its default paths, metrics on 127.0.0.1:1338, handlers runc, crun and runsc. */
export const containerdConfig = (): string => `version = 2
oom_score = 0
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper"]
[debug]
  address = "/run/containerd/debug.sock"
  level = "info"
[metrics]
  address = "127.0.0.1:1338"
  grpc_histogram = true
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${podImage}"
  restrict_oom_score_adj = true
  disable_tcp_service = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "${paths.registryHosts}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"${runtimeHandler("runc", "/usr/sbin/runc")}${runtimeHandler("crun", "/usr/bin/crun")}${runtimeHandler("runsc", "/etc/nodeops/modules/runsc")}
`;

/** The CNI network of a node: a bridge with addresses from host-local, its own /24 per node. */
export const conflist = (index: number): string =>
  `${JSON.stringify(
    {
      cniVersion: "0.4.0",
      name: "nodeops",
      plugins: [
        {
          type: "bridge",
          bridge: "cni0",
          isGateway: true,
          ipMasq: false,
          ipam: {
            type: "host-local",
            ranges: [[{ subnet: `10.244.${index % 256}.0/24` }]],
            routes: [{ dst: "0.0.0.0/0" }],
          },
        },
        { type: "tuning" },
      ],
    },
    undefined,
    2,
  )}\n`;

/**
 * Bash function `life PID NAME`: "runs"; "ends" (its first thread has ended, others have not: they hold its files, locks and ports); or "gone".
 * Name and state are of one reading: between two, a process that is just ending can be collected, and what cannot be read then looks alive.
 */
export const lifeFunction = `life() {
  local line name
  { read -r line < "/proc/$1/stat"; } 2>/dev/null || { echo gone; return; }
  name=\${line#*(}; name=\${name%)*}
  [ "$name" = "$2" ] || { echo gone; return; }
  case \${line##*) } in [ZX]*) ;; *) echo runs; return;; esac
  if cat /proc/$1/task/*/stat 2>/dev/null | grep -qv ') [ZX] '; then echo ends; else echo gone; fi
}`;

/** A start script: does nothing when the module's process lives, otherwise starts it detached in its own cgroup. */
const startScript = (module: string, pidFile: string, prepare: string, command: string): string => `#!/bin/bash
# Starts ${module} detached, unless it runs; writes ${pidFile}. Returns as soon as the program itself runs; it may not answer yet.
exec 9> /run/${module}.start.lock
flock -w 30 9 || { echo "another start of ${module} does not end" >&2; exit 1; }
${lifeFunction}
pid=$(cat ${pidFile} 2>/dev/null)
for ((i = 0; i < 200; i++)); do
  now=$(life "\${pid:-none}" ${module})
  [ "$now" = ends ] || break
  sleep 0.05
done
case $now in
  runs) echo "${module} runs as $pid"; exit 0;;
  ends) echo "${module}, pid $pid, was ended and is still there" >&2; exit 1;;
esac
${prepare}
if [ -e /sys/fs/cgroup/cgroup.procs ]; then
  mkdir -p /sys/fs/cgroup/system.${module}; echo $$ > /sys/fs/cgroup/system.${module}/cgroup.procs
else
  for c in memory cpu cpuacct pids; do
    [ -d /sys/fs/cgroup/$c ] || continue
    mkdir -p /sys/fs/cgroup/$c/system/${module}; echo $$ > /sys/fs/cgroup/$c/system/${module}/cgroup.procs
  done
fi
cd /
setsid ${command} >> /var/log/${module}.log 2>&1 < /dev/null 9>&- &
echo $! > ${pidFile}
# until then it is this script's copy or setsid, which nobody would know as the module
for ((i = 0; i < 250; i++)); do
  [ "$(life $! ${module})" = gone ] && kill -0 $! 2>/dev/null || break
  sleep 0.02
done
exit 0
`;

/** The start scripts of a node's modules, the agent's keep-alive loop and the runsc wrapper: file → content, all executable. */
export function moduleScripts(name: string): Record<string, string> {
  return {
    [paths.containerdStart]: startScript(
      "containerd",
      paths.containerdPid,
      "mkdir -p /run/containerd",
      "containerd -c /etc/containerd/config.toml",
    ),
    [paths.lxcfsStart]: startScript(
      "lxcfs",
      paths.lxcfsPid,
      "! grep -q ' /var/lib/lxcfs fuse.lxcfs ' /proc/mounts || umount -l /var/lib/lxcfs",
      `lxcfs -f -p ${paths.lxcfsPid} /var/lib/lxcfs`,
    ),
    [paths.dfdaemonStart]: startScript("dfdaemon", paths.dfdaemonPid, "", dfdaemon),
    [dfdaemon]: dfdaemonStandIn,
    [paths.agentLoop]: agentLoop(name),
    "/etc/nodeops/modules/runsc": runscWrapper,
  };
}

const dfdaemon = "/etc/nodeops/modules/dfdaemon";
/** Port at which Dragonfly's daemon serves pulls. */
const p2pPort = 65_001;

/** How much memory the stand-in takes a second, MiB. A healthy one takes none. */
export const dfdaemonConfig = (growMibPerSecond: number): string =>
  `# Stand-in for Dragonfly's daemon in the lab.\n# MiB that it takes every second and does not give back while this is above 0: a leak to be found.\ngrow_mib_per_second = ${growMibPerSecond}\n`;

// Where Dragonfly is not installed, this stands for its daemon: the same name, the same port, an answer to every question. It distributes nothing. It
// leaks memory when its configuration says so, up to 384 MiB, and gives all of it back when that is over.
const dfdaemonStandIn = `#!/usr/bin/perl
use strict; use warnings; use IO::Socket::INET; use IO::Select;
my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => ${p2pPort}, Listen => 16, ReuseAddr => 1) or die "$!\n";
my $waiting = IO::Select->new($server);
my @hoard;
my $looked = time;
sub grow {
  my $now = time;
  return if $now == $looked;
  my $rate = 0;
  if (open(my $file, "<", "${paths.dfdaemonConfig}")) {
    while (<$file>) { $rate = $1 if /^grow_mib_per_second = ([0-9]{1,3})$/ }
    close $file;
  }
  if ($rate == 0) { @hoard = () }
  for (1 .. $rate * ($now - $looked)) { $hoard[@hoard] = "x" x 1048576 if @hoard < 384 }
  $looked = $now;
}
while (1) {
  grow();
  next unless $waiting->can_read(1);
  my $client = $server->accept or next;
  $client->timeout(2);
  while (defined(my $line = <$client>)) { last if $line =~ /^\r?\n$/ }
  print $client "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";
  close $client;
}
`;

/** Keeps the agent running: restarts it after it ends, at once after a long run, slower after quick ends. */
const agentLoop = (name: string): string => `#!/bin/bash
# Keeps the node agent of ${name} running. Ends on SIGTERM, taking the agent along.
exec -a nodeops-agent-loop bash -c ${quote(`
echo $$ > /run/nodeops-agent-loop.pid
for c in memory cpu cpuacct pids; do
  [ -d /sys/fs/cgroup/$c ] || continue
  mkdir -p /sys/fs/cgroup/$c/system/nodeops-agent; echo $$ > /sys/fs/cgroup/$c/system/nodeops-agent/cgroup.procs
done
agent=; wait_s=1
trap '[ -z "$agent" ] || kill $agent; exit 0' TERM
while :; do
  began=$SECONDS
  ${paths.node} ${paths.agentBundle} run >> ${paths.agentLog} 2>&1 < /dev/null & agent=$!
  wait $agent; code=$?
  if [ $((SECONDS - began)) -gt 30 ]; then wait_s=1; else wait_s=$((wait_s < 30 ? wait_s * 2 : 30)); fi
  echo "agent ended with $code, next start in $wait_s s" >> ${paths.agentLog}
  sleep $wait_s & wait $!
done`)}
`;

/** The agent's local policy: which modules there are, how each is started where no systemd runs, and where the runtime listens. */
export const agentPolicy = (): string =>
  `${JSON.stringify(
    {
      modules: [
        {
          name: "containerd",
          kind: "runtime",
          manager: { type: "exec", start: [paths.containerdStart], pidFile: paths.containerdPid },
        },
        { name: "lxcfs", kind: "lxcfs", manager: { type: "exec", start: [paths.lxcfsStart], pidFile: paths.lxcfsPid } },
        {
          name: "dfdaemon",
          kind: "dragonfly",
          manager: { type: "exec", start: [paths.dfdaemonStart], pidFile: paths.dfdaemonPid },
        },
      ],
      // the console's own policy and an approval come before
      shells: { allow: true },
      // nobody takes backups here: what is frozen was frozen by a fault
      thaw: { fileSystemAfterMs: 15_000, containerAfterMs: 5_000 },
      // two NICs in one network: answers may come in on the other one
      network: { rpFilter: { eth1: 2 } },
      p2p: { endpoint: `http://127.0.0.1:${p2pPort}` },
      // pulls are judged by these
      looks: { runtimeMetrics: 10_000 },
      managedFiles: { "/etc/nodeops/managed/dfdaemon.conf": paths.dfdaemonConfig },
      runtimes: [
        {
          kind: "cri",
          endpoint: "unix:///run/containerd/containerd.sock",
          module: "containerd",
          metricsUrl: "http://127.0.0.1:1338/v1/metrics",
          debugSocket: "/run/containerd/debug.sock",
        },
      ],
    },
    undefined,
    2,
  )}\n`;

// gVisor behind containerd's runc shim, for distributions that ship runsc without its own shim.
const runscWrapper = `#!/bin/bash
# OCI runtime wrapper around runsc for containerd-shim-runc-v2.
#  start:  a sub-container's gofer keeps stdout open and the shim would wait for its end forever, so output goes through a file
#  create: a sub-container's pid file gets a process that waits with "runsc wait", or the shim never sees its exit
cmd=; id=; root=; pidfile=; bundle=; prev=
for a in "$@"; do
  case $prev in
    --root) root=$a; prev=; continue;;
    --pid-file) pidfile=$a; prev=; continue;;
    --bundle) bundle=$a; prev=; continue;;
    --log|--log-format|--process|--console-socket|--user|--cwd) prev=; continue;;
  esac
  case $a in
    --root|--log|--log-format|--bundle|--pid-file|--process|--console-socket) prev=$a;;
    -*) ;;
    *) if [ -z "$cmd" ]; then cmd=$a; else id=$a; fi;;
  esac
done
runsc=(/usr/bin/runsc --platform=ptrace --network=host)
case $cmd in
start)
  out=$(mktemp); "\${runsc[@]}" "$@" </dev/null >"$out" 2>&1; code=$?; cat "$out"; rm -f "$out"; exit $code;;
create)
  if grep -q '"io.kubernetes.cri.container-type":"container"' "$bundle/config.json"; then
    "\${runsc[@]}" "$@" || exit $?
    setsid /bin/bash -c '
      runsc="/usr/bin/runsc --root $0"
      for i in $(seq 1 6000); do
        state=$($runsc state "$1" 2>/dev/null)
        case $state in *\\"running\\"*) break;; *\\"created\\"*) sleep .05;; *) exit 137;; esac
      done
      out=$($runsc wait "$1" 2>/dev/null)
      code=$(printf %s "$out" | sed -n "s/.*\\"exitStatus\\":\\([0-9]*\\).*/\\1/p"); code=\${code:-137}
      exit $(( code > 255 ? code >> 8 : code ))' "$root" "$id" </dev/null >/dev/null 2>&1 &
    waiter=$!
    cgroup=$(sed -n 's/.*"cgroupsPath":"\\([^"]*\\)".*/\\1/p' "$bundle/config.json")
    for c in cpu cpuacct memory pids blkio freezer devices; do
      [ -d "/sys/fs/cgroup/$c$cgroup" ] && echo $waiter > "/sys/fs/cgroup/$c$cgroup/cgroup.procs" 2>/dev/null
    done
    printf %s $waiter > "$pidfile"; exit 0
  fi;;
update) exit 0;;
kill)
  out=$("\${runsc[@]}" "$@" 2>&1) && exit 0
  case $out in
    *'not running'*|*'no such process'*|*'not found'*|*'does not exist'*) echo 'container not running' >&2; exit 1;;
  esac
  echo "$out" >&2; exit 1;;
esac
exec "\${runsc[@]}" "$@"
`;
