// A line as it was written → what it says: without colours, time stamps, caller ids and the prefixes of syslog, and who wrote it.
import type { LogSource } from "./rule.ts";

/** Longer lines are cut: what a rule looks for stands at the beginning. */
export const LINE_CHARS_MAX = 1_000;

export type LogLine = {
  /** Null: unknown, every rule may read it. */
  source: LogSource | null;
  text: string;
  /** Epoch ms. */
  at: number;
};

const sourceNames: readonly (readonly [LogSource, RegExp])[] = [
  ["kernel", /^kernel$/],
  ["runtime", /^(?:docker|dockerd|docker-current|containerd|crio|cri-o|cri-dockerd|pouch|pouchd|podman|isulad)$/],
  ["image", /^(?:overlaybd.*|accelerated-container-image|nydus.*|dfdaemon|dragonfly.*|stargz.*)$/],
  ["kubelet", /^(?:kubelet|k3s|k3s-agent|rke2.*|k0s.*|kubelite|microk8s.*)$/],
  ["kube-proxy", /^kube-proxy$/],
  ["cni", /^(?:aws-node|ipamd|aws-k8s-agent|flanneld?|calico.*|cilium.*|terway.*|antrea.*|cni.*)$/],
  ["systemd", /^(?:systemd|init|runit|dbus-daemon|dbus-broker.*)$/],
  ["gpu", /^(?:nv-fabricmanager|nvidia.*|fabricmanager)$/],
  ["disk", /^(?:smartd|mdadm|multipathd|iscsid|lvm.*|dmeventd)$/],
  ["crash", /^(?:abrt.*|systemd-coredump|kdump.*|python3?.*abrt.*)$/],
];
const known = new Map<string, LogSource | undefined>();

/** Whose line a program's is, by its syslog identifier or module name; undefined: nobody's that a rule speaks of. */
export function sourceOf(program: string): LogSource | undefined {
  if (known.has(program)) return known.get(program);
  const source = sourceNames.find(([, names]) => names.test(program))?.[0];
  if (known.size < 1_000) known.set(program, source);
  return source;
}

const ANSI = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]{0,16}[A-Za-z]`, "g");
// What dmesg and the kernel put before a message: "<6>", "kern  :err   : 2025-…", "[   32.298491]", "[Sun Jan  5 20:25:34 2025]", "[  T896]", "[C3]".
const HEADS = [
  /^<\d{1,3}>/,
  /^(?:kern|user|daemon|syslog) {0,4}:[a-z]{3,6} {0,4}: (?:\d{4}-\S{1,40} )?/,
  /^\[ {0,12}\d{1,12}\.\d{1,9}\] ?/,
  /^\[(?:[A-Z][a-z]{2} ){1,2} ?\d{1,2} [\d:]{8} \d{4}\] ?/,
  /^\[ {0,8}[TC]\d{1,8}\] ?/,
];

/** The message of a line of the kernel log, however it was printed. */
export function kernelMessage(raw: string): string {
  let text = raw;
  for (let turn = 0; turn < 6; turn++) {
    const head = HEADS.find((pattern) => pattern.test(text));
    if (!head) break;
    text = text.replace(head, "");
  }
  return text;
}

// "Jan  5 20:25:34 host tag[123]: message" and "2026-03-01T08:09:10.1+00:00 host tag[123]: message".
const SYSLOG =
  /^(?:<\d{1,3}>\d? ?)?(?:[A-Z][a-z]{2} [ \d]\d [\d:]{8}|\d{4}-\d\d-\d\dT[\d:.,]{8,20}(?:Z|[+-]\d\d:?\d\d)?) (\S{1,255}) ([^\s:[\]]{1,64})(?:\[(\d{1,10})\])?: ?/;

/** A line of /var/log/messages or the like; null when it is none. */
export function parseSyslogLine(raw: string): { program: string; message: string } | null {
  const found = SYSLOG.exec(raw.slice(0, LINE_CHARS_MAX));
  return found?.[2] ? { program: found[2], message: raw.slice(found[0].length) } : null;
}

/** What a line says, whoever wrote it: bounded, one line, without what stands before the message. */
export function plainMessage(raw: string): string {
  let text = raw.slice(0, LINE_CHARS_MAX + 200).replace(ANSI, "");
  text = parseSyslogLine(text)?.message ?? text;
  text = kernelMessage(text);
  // "host kernel: …", "kernel: …", and what rsyslog makes of many equal ones.
  text = text.replace(/^(?:\S{1,255} )?kernel: /, "");
  text = text.replace(/^message repeated \d{1,9} times: \[ ?(.*?)\]?$/, "$1");
  return kernelMessage(text).slice(0, LINE_CHARS_MAX);
}
