// `nodeops-agent install`: a systemd unit where systemd runs, words where it does not.
import { copyFileSync, mkdirSync, realpathSync } from "node:fs";
import { writeDurably } from "./host/file.ts";
import { run } from "./host/run.ts";
import { systemdRuns } from "./modules/specs.ts";

const UNIT = "/etc/systemd/system/nodeops-agent.service";
const BUNDLE = "/usr/local/lib/nodeops/nodeops-agent.mjs";

/** One argument of ExecStart, quoted as systemd.syntax(7) wants it. */
const quote = (text: string): string => {
  const plain = text.replaceAll("%", "%%"); // else the beginning of a specifier
  return /^[\w@%+=:,./-]+$/.test(plain) ? plain : `"${plain.replace(/["\\]/g, "\\$&")}"`;
};

/** Capabilities that the agent uses: see every process and file, signal, enter namespaces, mount, set sysctls and links, read the kernel's log. */
const OWN_CAPABILITIES = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_DAC_READ_SEARCH",
  "CAP_FOWNER",
  "CAP_KILL",
  "CAP_NET_ADMIN",
  "CAP_SYS_ADMIN",
  "CAP_SYS_CHROOT",
  "CAP_SYS_PTRACE",
  "CAP_SYS_RESOURCE",
  "CAP_SYSLOG",
];

/** Capabilities that it only keeps for a runtime which it starts by a command of the node's configuration: what containers ask of a runtime. */
const RUNTIME_CAPABILITIES = [
  "CAP_AUDIT_WRITE",
  "CAP_BPF",
  "CAP_FSETID",
  "CAP_IPC_LOCK",
  "CAP_MKNOD",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_RAW",
  "CAP_PERFMON",
  "CAP_SETFCAP",
  "CAP_SETGID",
  "CAP_SETPCAP",
  "CAP_SETUID",
  "CAP_SYS_NICE",
];

/**
 * The unit. Root and the host's namespaces are needed: the agent reads every process, mounts and unmounts, and starts modules that must outlive it
 * (KillMode=process). No file-system sandbox for the same reason: mounts made by a repair would stay in a private namespace. What it can do without
 * is taken away: setting clocks, loading modules, rebooting, raw I/O. ProtectClock= would say the first in one word, but it closes all devices as well
 * (DeviceAllow=), the kernel's log among them; ProtectKernelModules= and its like make a private namespace of mounts.
 * There is no WatchdogSec: sd_notify(3) speaks over a unix datagram socket, which Node.js does not have; Restart= covers an agent that ends, and
 * the console's dead-man timer one that hangs.
 */
export function unitText(node: string, bundle: string, stateFolder: string, configPath: string): string {
  const command = [node, bundle, "run", "--state", stateFolder, "--config", configPath].map(quote).join(" ");
  return `[Unit]
Description=NodeOps Center node agent
Documentation=file:///etc/nodeops
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${command}
Restart=always
RestartSec=5s
RestartSteps=6
RestartMaxDelaySec=5min
KillMode=process
TimeoutStopSec=30s
UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet=${[...OWN_CAPABILITIES, ...RUNTIME_CAPABILITIES].join(" ")}
AmbientCapabilities=
SystemCallFilter=~@clock @cpu-emulation @module @raw-io @reboot @swap
SystemCallErrorNumber=EPERM
KeyringMode=private
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
MemoryMax=256M
TasksMax=512
CPUQuota=50%
LimitNOFILE=8192
OOMScoreAdjust=-500

[Install]
WantedBy=multi-user.target
`;
}

/** Installs and starts the service. @returns exit code */
export async function install(stateFolder: string, configPath: string): Promise<number> {
  const say = (text: string) => process.stdout.write(`${text}\n`);
  const self = realpathSync(process.argv[1] ?? "");
  if (!systemdRuns()) {
    say(
      "systemd does not run here, so there is no unit to write. Keep this command running with your own supervisor, as root:",
    );
    say(`\n  ${process.execPath} ${self} run --state ${stateFolder} --config ${configPath}\n`);
    say(
      "It stays in the foreground, logs to stdout and ends on SIGTERM; restart it with a delay of a few seconds when it ends.",
    );
    return 0;
  }
  if (process.getuid?.() !== 0) throw new Error("install needs root");
  mkdirSync("/usr/local/lib/nodeops", { recursive: true });
  if (self !== BUNDLE) copyFileSync(self, BUNDLE);
  writeDurably(UNIT, unitText(process.execPath, BUNDLE, stateFolder, configPath), 0o644);
  for (const argv of [
    ["systemctl", "daemon-reload"],
    ["systemctl", "enable", "nodeops-agent.service"],
    ["systemctl", "restart", "nodeops-agent.service"],
  ]) {
    const result = await run(argv, { timeoutMs: 60_000 });
    if (result.code !== 0) throw new Error(`${argv.join(" ")}: ${result.stderr.trim()}`);
  }
  say(`Installed ${UNIT}; the agent runs. See: systemctl status nodeops-agent, journalctl -u nodeops-agent`);
  return 0;
}
