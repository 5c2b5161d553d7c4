// What commands may write into files and settings: a content that another reader would read as more than we did is refused, and so is a number that would
// take the node out of reach.
import { describe, expect, it } from "vitest";
import { contentError, managedFormat } from "./managed-files.ts";
import { settingError } from "./sysctls.ts";

const SYSCTL = "/etc/sysctl.d/90-x.conf";
const MODULES = "/etc/modules-load.d/x.conf";
const CRICTL = "/etc/crictl.yaml";
const CNI = "/etc/cni/net.d/10-x.conflist";

describe("files of lines", () => {
  it.each<[string, string, string]>([
    [
      "comments, blanks and Windows line ends",
      SYSCTL,
      "# 注释\r\n\r\n \t; b\nvm.swappiness = 10\r\n-vm.max_map_count=262144\n",
    ],
    ["modules", MODULES, "# x\noverlay\nbr_netfilter\n"],
    ["crictl", CRICTL, "# x\nruntime-endpoint: unix:///run/containerd/containerd.sock\ntimeout: 10\n"],
  ])("take %s", (_name, path, content) => expect(contentError(path, content)).toBeNull());

  // systemd-sysctl 252 sets what stands behind a carriage return in a comment.
  it.each<[string, string, string]>([
    ["a setting behind a carriage return in a comment", SYSCTL, "# harmless\rkernel.core_pattern=|/tmp/x\n"],
    ["a carriage return at the end", SYSCTL, "vm.swappiness=10\r"],
    ["a module behind a carriage return", MODULES, "# harmless\rusb-storage\n"],
    ["an option behind a line separator", CRICTL, "# harmless\u2028debug: true\n"],
    ["an option behind a next-line mark", CRICTL, "# harmless\u0085debug: true\n"],
    ["a blank that only we would cut off", SYSCTL, "\u00a0vm.swappiness=10\n"],
    ["a byte order mark", SYSCTL, "\uFEFFvm.swappiness=10\n"],
    ["a form feed", SYSCTL, "#\f\nvm.swappiness=10\n"],
  ])("refuse %s", (_name, path, content) => expect(contentError(path, content)).toContain("end of a line"));

  it("refuse a setting that no command may set, with its line", () => {
    expect(contentError(SYSCTL, "# a\nkernel.modprobe=1\n")).toContain("line 2");
    expect(contentError(SYSCTL, "vm.min_free_kbytes=99999999999\n")).toContain("line 1");
  });
});

describe("TOML", () => {
  const TOML = "/etc/containerd/config.toml";
  it.each([
    "a = '''x\ry'''",
    "a = 1\r",
    'a = "\\ud800"',
    'a = "\\U00110000"',
    "a = 25:00:00",
    "a = 2021-02-29",
    "a = 2021-13-01T00:00:00Z",
    "a = 2021-01-01T00:00:00+24:00",
    "a = 9223372036854775808",
    "a = 0x8000000000000000",
    "a = 1\na = 2",
    "[a]\n[a]",
    "a.b = 1\n[a]",
    "a = {b = 1,}",
  ])("that its readers refuse: %j", (content) => expect(contentError(TOML, content)).toMatch(/^line \d+: /));

  it.each([
    "a = '''x\r\ny'''\r\n",
    'a = "\\U0010FFFF"',
    "a = 23:59:59.5",
    "a = 2024-02-29",
    "a = 2021-12-31 00:00:00-23:59",
    "a = -9223372036854775808\nb = 0xFFF\nc = -inf\nd = 1e5",
  ])("that they take: %j", (content) => expect(contentError(TOML, content)).toBeNull());
});

describe("CNI", () => {
  const list = (plugin: object) => JSON.stringify({ name: "x", plugins: [plugin] });
  it("takes a plugin that gives out addresses by another", () => {
    expect(contentError(CNI, list({ type: "bridge", ipam: { type: "host-local" } }))).toBeNull();
    expect(contentError(CNI, list({ type: "bridge", ipam: {} }))).toBeNull();
  });
  it.each<object>([
    { type: "../x" },
    { type: "bridge", ipam: { type: "../../tmp/x" } },
    { type: "bridge", ipam: { type: 1 } },
    { type: "bridge", ipam: "host-local" },
  ])("refuses %j", (plugin) => expect(contentError(CNI, list(plugin))).toBe("a plugin has no type"));
});

it("names no place outside of its list", () => {
  for (const path of [
    "/etc/passwd",
    "/etc/containerd/../passwd",
    "/etc/sysctl.d/../cron.d/x.conf",
    "/etc/sysctl.d/x.conf\n",
    "/etc/cni/net.d/.hidden.conf",
  ])
    expect([path, managedFormat(path)]).toEqual([path, null]);
});

describe("settings", () => {
  it.each([
    ["vm.max_map_count", "262144"],
    ["net.ipv4.ip_local_port_range", "1024\t65000"],
    ["net.ipv4.tcp_mem", "190000 253000 380000"],
    ["net.ipv4.conf.eth0.rp_filter", "2"],
    ["net.netfilter.nf_conntrack_tcp_timeout_time_wait", "30"],
    ["fs.file-max", "9007199254740991"],
  ])("%s may be %s", (key, value) => expect(settingError(key, value)).toBeNull());

  it.each([
    ["kernel.core_pattern", "1", "not among"],
    ["vm.swappiness", "x", "not a number"],
    ["vm.swappiness", "201", "between 0 and 200"],
    ["vm.swappiness", "1 2", "one number"],
    // Each of these leaves a node that no command reaches any more.
    ["kernel.threads-max", "20", "between"],
    ["kernel.pid_max", "301", "between"],
    ["fs.file-max", "1", "between"],
    ["net.netfilter.nf_conntrack_max", "1", "between"],
    ["net.ipv4.tcp_mem", "0 0 0", "between"],
    ["net.ipv4.tcp_mem", "9000 8000 10000", "rise"],
    ["net.ipv4.tcp_mem", "9000", "3 numbers"],
    ["net.ipv4.ip_local_port_range", "60000 60001", "fewer than"],
    ["net.ipv4.ip_local_port_range", "65000 1024", "rise"],
    ["net.core.somaxconn", "2147483648", "between"],
    ["vm.min_free_kbytes", "1023", "between"],
  ])("%s may not be %s", (key, value, why) => expect(settingError(key, value)).toContain(why));
});
