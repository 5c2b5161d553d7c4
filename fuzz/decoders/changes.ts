// What rollouts bring: parameters of changes from whoever may plan one, files and settings that nodes write. What is taken must mean to its reader what it
// meant to us, and what a change plans must be covered by it, and nothing riskier than it says.
import { changeHashOf } from "../../changes/hashes.ts";
import { parseChange } from "../../changes/list.ts";
import { commandParams } from "../../protocol/commands.ts";
import { contentError } from "../../protocol/managed-files.ts";
import { SETTABLE_SYSCTL, settingError } from "../../protocol/sysctls.ts";
import { tomlError } from "../../protocol/toml-syntax.ts";
import { actionRisk, isAtLeast } from "../../repairs/action-risk.ts";
import type { DoneStep, Step } from "../../repairs/define.ts";
import { NOW, nodeFacts } from "../../testing/facts.ts";
import { asText, type Decoder } from "../decoder.ts";
import { jsonInputs, textInputs } from "../mutate-text.ts";
import { readJson } from "./json.ts";
import { newerSamples } from "./packages.ts";

const id = "0192f0c1-2d3e-7f40-8a51-62738495a6b7";
const change = (kind: string, params: object) => ({ kind, params });
/** One of each kind, and more where a kind has forms. */
export const changeSamples = [
  change("sysctl", { key: "vm.max_map_count", value: "262144" }),
  change("sysctl", { key: "net.ipv4.tcp_mem", value: "190000 253000\t380000" }),
  change("config-file", {
    path: "/etc/containerd/config.toml",
    content: "version = 2\n",
    mode: "644",
    restartModule: "containerd",
  }),
  change("config-file", { path: "/etc/sysctl.d/90-x.conf", content: "vm.swappiness=10\n", restartModule: null }),
  change("image-prewarm", { images: ["busybox:1", "registry.example:5000/a/b@sha256:ab"], runtime: null }),
  change("command", { action: { type: "conntrack.flush", params: { which: ["closed"] } } }),
  change("command", {
    action: { type: "module.restart", params: { module: "containerd", mode: "restart", process: null } },
  }),
  change("label", { key: "team", value: "web" }),
  change("label", { key: "constructor", value: null }),
  change("repair", { repairId: "start-runtime", checkId: "runtime-down" }),
  ...newerSamples.map(({ kind, params }) => change(kind, params)),
];

const facts = nodeFacts();
const context = { node: { id, name: "node-1", labels: { team: "web" } }, facts, now: NOW, finding: null };
const doneOf = (steps: readonly Step[]): DoneStep[] =>
  steps.map((step) => ({
    step,
    result: {
      commandId: id,
      status: "done",
      code: null,
      message: "",
      changed: true,
      output: {},
      startedAt: NOW,
      endedAt: NOW,
    },
  }));

export const changeParams: Decoder = {
  name: "change-params",
  what: "a change with its parameters, up to its plan, its way back and what it covers",
  share: { of: 0.5, why: "each taken change is hashed and planned" },
  generate: jsonInputs(changeSamples, false),
  decode(input) {
    const json = readJson(asText(input));
    const { kind, params } = (json?.value ?? {}) as { kind?: unknown; params?: unknown }; // of any JSON: what is not there is undefined
    if (typeof kind !== "string") return false;
    const parsed = parseChange({ kind, params });
    if ("error" in parsed) return false;
    const { definition, params: own } = parsed;
    const again = parseChange({ kind, params: own });
    if ("error" in again || changeHashOf({ kind, params: own }) !== changeHashOf({ kind, params: again.params }))
      throw new Error("read twice it is another change");
    const planned = definition.plan(own, context);
    if (!("plan" in planned)) return true;
    const { steps } = planned.plan;
    const ways = [
      ["apply", steps],
      ["revert", definition.revert(own, doneOf(steps), context)],
    ] as const;
    for (const [direction, way] of ways)
      for (const { action } of way) {
        if (!definition.covers(own, action, direction)) throw new Error(`${action.type} is not covered`);
        if (!commandParams[action.type].safeParse(action.params).success)
          throw new Error(`${action.type} is malformed`);
        if (!isAtLeast(definition.risk(own), actionRisk(action))) throw new Error(`${action.type} is too risky`);
      }
    return true;
  },
};

const file = (path: string, content: string) => `${path}\n${content}`;
const FILES = [
  file("/etc/sysctl.d/90-x.conf", "# a\nvm.swappiness = 10\n-net.ipv4.tcp_mem=190000 253000 380000\n; b\n"),
  file("/etc/modules-load.d/x.conf", "# a\noverlay\nbr_netfilter\n"),
  file("/etc/crictl.yaml", "# a\nruntime-endpoint: unix:///run/containerd/containerd.sock\ntimeout: 10\n"),
  file("/etc/cni/net.d/10-x.conflist", '{"name":"x","plugins":[{"type":"bridge","ipam":{"type":"host-local"}}]}'),
  file("/etc/docker/daemon.json", '{"live-restore":true}'),
];
const FILE_PIECES = [
  ...'\r|\n|\r\n|\u0085|\u2028|\u2029|\0|\u000b|\u000c|\u00a0|\uFEFF|#|;|=|-| |\t|/|../|kernel.core_pattern=1|vm.swappiness=9999|usbcore|debug: true|"|{|}|[|]|,|:'.split(
    "|",
  ),
];

/** As systemd reads: a line ends at a line feed, a carriage return or a zero byte; ASCII blanks around it are nothing. */
const systemdLines = (content: string): string[] =>
  content
    .replaceAll("\r", "\n")
    .replaceAll("\0", "\n")
    .split("\n")
    .map((line) => line.replace(/^[ \t]{1,9999}/, ""))
    .filter((line) => line !== "" && !/^[#;]/.test(line));

export const managedFile: Decoder = {
  name: "managed-file",
  what: "a configuration file with its place: what is taken says to systemd and YAML what it said to us, and nothing more",
  generate: textInputs(FILES, FILE_PIECES),
  decode(input) {
    const [path = "", ...lines] = asText(input).split("\n");
    const content = lines.join("\n");
    if (contentError(path, content) !== null) return false;
    if (path.startsWith("/etc/sysctl.d/"))
      for (const line of systemdLines(content)) {
        const [key = "", ...value] = line.replace(/^-/, "").split("=");
        if (settingError(key.trim(), value.join("=").trim()) !== null) throw new Error(`sets ${JSON.stringify(line)}`);
      }
    if (path.startsWith("/etc/modules-load.d/"))
      for (const line of systemdLines(content))
        if (!/^[a-z0-9_-]+[ \t]*$/.test(line)) throw new Error(`loads ${JSON.stringify(line)}`);
    if (path === "/etc/crictl.yaml")
      for (const line of content.split(/[\n\r\u0085\u2028\u2029]/))
        if (
          !/^[ \t]*(#.*|(runtime|image)-endpoint:.*|timeout:.*|debug:.*|(pull-image-on-create|disable-pull-on-run):.*)?$/.test(
            line,
          )
        )
          throw new Error(`says ${JSON.stringify(line)}`);
    return true;
  },
};

const SETTINGS = [
  "vm.max_map_count=262144",
  "net.ipv4.ip_local_port_range=1024\t65000",
  "net.ipv4.tcp_mem=190000 253000 380000",
  "net.ipv4.conf.eth0.rp_filter=2",
  "net.netfilter.nf_conntrack_tcp_timeout_established=86400",
  "fs.file-max=9223372036854775807",
];
const SETTING_PIECES =
  "=|.|/|..|\n| |\t|0|1|9999999999999999999|-1|kernel.core_pattern|net.|vm.|fs.|all|*|conf.|1e5|0x10".split("|");

export const settingValue: Decoder = {
  name: "setting",
  what: "a kernel setting and its value, as commands and changes name them",
  generate: textInputs(SETTINGS, SETTING_PIECES),
  decode(input) {
    const text = asText(input);
    const at = text.indexOf("=");
    const [key, value] = [text.slice(0, at), text.slice(at + 1)];
    if (settingError(key, value) !== null) return false;
    if (!SETTABLE_SYSCTL.test(key) || key.includes("..") || key.includes("/")) throw new Error(`a path: ${key}`);
    if (!/^[\d \t]+$/.test(value)) throw new Error(`no numbers: ${JSON.stringify(value)}`);
    return true;
  },
};

const TOMLS = [
  'version = 2\nroot = "/var/lib"\n[plugins."io.containerd.grpc.v1.cri"]\n  sandbox_image = "x" # c\n  [plugins."io.containerd.grpc.v1.cri".registry]\n    config_path = "/etc"\n',
  'a.b.c = 1\na.b.d = [1, 2, [3, "x"], { y = 1, z.w = true }]\n[[list]]\nx = 1979-05-27T07:32:00Z\n[[list]]\nx = 1979-05-27 07:32:00.5\n[list.sub]\ny = 0xf_f\n',
  "s = '''\nraw \\ '' '''\nm = \"\"\"a\\\n   b \\u00e9 \"\"\"\nf = 1_000.5e-3\nn = -inf\nt = 07:32:00\n",
];
const TOML_PIECES = [
  ..."\n|\r\n|\r|[|]|[[|]]|=|.|\"|'|\"\"\"|'''|{|}|,|#| |\t|a|1|0|_|-|+|e|0x|true|nan|\\|\\u0041|\\ud800|25:00:00|2021-02-30|\0|\u007f|[a]|a.b = 1|9223372036854775808".split(
    "|",
  ),
];

export const tomlSyntax: Decoder = {
  name: "toml",
  what: "a text as TOML, by its syntax: what is taken has no control characters, and is taken with Windows line ends and a comment as well",
  generate: textInputs(TOMLS, TOML_PIECES),
  decode(input) {
    const text = asText(input);
    if (tomlError(text) !== null) return false;
    const plain = text.replaceAll("\r\n", "").replaceAll("\n", "").replaceAll("\t", "");
    if ([...plain].some((c) => c < " " || c === "\u007f")) throw new Error("a control character was taken");
    if (tomlError(`${text}\n# the end`) !== null) throw new Error("a comment makes it wrong");
    return true;
  },
};
