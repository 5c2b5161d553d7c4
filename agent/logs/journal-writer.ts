// Whose word an entry of the journal is. SYSLOG_IDENTIFIER is what the writer calls itself: anybody may call himself kubelet. Only fields that
// begin with "_" are journald's own, read from the kernel when the entry came (systemd.journal-fields(7)).
import { z } from "zod";

const Field = z.string().optional().catch(undefined);
/** The fields of an entry that say who wrote it. One that is there several times comes as an array and counts as missing. */
export const WriterFields = z.object({
  SYSLOG_IDENTIFIER: Field,
  SYSLOG_FACILITY: Field,
  _TRANSPORT: Field,
  _PID: Field,
  _UID: Field,
  _COMM: Field,
  _SYSTEMD_UNIT: Field,
  _SYSTEMD_CGROUP: Field,
});
type WriterFields = z.infer<typeof WriterFields>;

/** Units a program runs in besides the one of its own name. */
const UNITS: { readonly [program: string]: RegExp } = {
  dockerd: /^docker\.service$/,
  pouchd: /^pouch\.service$/,
  k3s: /^k3s-(?:agent|server)\.service$/,
  rke2: /^rke2-(?:agent|server)\.service$/,
  smartd: /^smartmontools\.service$/,
  mdadm: /^(?:mdmonitor|mdadm-.*|mdcheck_.*|mdmonitor-oneshot)\.service$/,
  "dbus-daemon": /^dbus\.service$/,
  "dbus-broker": /^dbus\.service$/,
  "nv-fabricmanager": /^nvidia-fabricmanager\.service$/,
  "abrt-server": /^abrtd\.service$/,
  "abrt-notification": /^abrtd\.service$/,
  kdumpctl: /^kdump\.service$/,
  "systemd-coredump": /^systemd-coredump@.*\.service$/,
};
/** Those that do not stay root: what vouches for them is the unit alone. A user's own units are all in user@UID.service. */
const DROP_ROOT = new Set(["dbus-daemon", "dbus-broker", "systemd-coredump"]);
/** What runs in a container, also as root and with the node's journal socket. */
const CONTAINER = /kubepods|\/docker[-/][0-9a-f]{12}|\/(?:cri-containerd|crio|libpod|nerdctl)[-/]|\/machine\.slice\//;

/**
 * The program whose line this is; null when nobody vouches for it.
 * @param keys all names of fields in the entry: Docker's and Podman's drivers mark a container's output with CONTAINER_…
 */
export function writerOf(fields: WriterFields, keys: readonly string[]): string | null {
  const { SYSLOG_IDENTIFIER: name = "", _UID: uid, _COMM: comm = "", _SYSTEMD_UNIT: unit = "" } = fields;
  if (keys.some((key) => key.startsWith("CONTAINER_"))) return null;
  // What programs write to /dev/kmsg comes by the same road, with a facility of its own.
  if (name === "kernel") return fields._TRANSPORT === "kernel" && (fields.SYSLOG_FACILITY ?? "0") === "0" ? name : null;
  if (CONTAINER.test(fields._SYSTEMD_CGROUP ?? "")) return null;
  // Each user has a systemd too.
  if (name === "systemd") return fields._PID === "1" && uid === "0" ? name : null;
  const isItsUnit = unit === `${name}.service` || UNITS[name]?.test(unit) === true;
  if (DROP_ROOT.has(name)) return isItsUnit ? name : null;
  // comm holds 15 characters; k3s calls itself "k3s-server".
  const isItself = comm !== "" && (comm === name.slice(0, 15) || comm.startsWith(`${name}-`));
  return uid === "0" && (isItsUnit || isItself) ? name : null;
}
