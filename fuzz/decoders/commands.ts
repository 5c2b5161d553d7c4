// Signed commands at the agent: the bytes are an attacker's until the signature fits, and a stolen signing key's even then.
import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { admit, authenticate } from "../../agent/commands/verify.ts";
import {
  type CommandAction,
  type CommandParams,
  CommandPayload,
  commandBytes,
  payloadBytes,
  type SignedCommand,
} from "../../protocol/commands.ts";
import { NOW } from "../../testing/facts.ts";
import { asText, type Decoder } from "../decoder.ts";
import { flip } from "../mutate-bytes.ts";
import { jsonInputs, mutateWord } from "../mutate-text.ts";
import { Random } from "../random.ts";
import { readJson } from "./json.ts";

const nodeId = "0192f0c1-2d3e-7f40-8a51-62738495a6b7";
const process = { pid: 4, startTicks: 5 };
const containerId = "a".repeat(64);

const filter = {
  family: "ipv4",
  backend: "nft",
  table: "filter",
  chain: "FORWARD",
  rule: ["-s", "10.0.0.0/8", "-m", "comment", "--comment", "by hand", "-j", "DROP"],
} satisfies CommandParams<"firewall.drop-rule">;

/** One of each kind. */
const actions: CommandAction[] = [
  {
    type: "evidence.capture",
    params: { sections: ["kmsg", "mounts"], module: "containerd", containerId, path: "/var/lib" },
  },
  { type: "module.restart", params: { module: "containerd", mode: "kill-restart", process, readyTimeoutMs: 20_000 } },
  { type: "shim.reap", params: { process, containerId, namespace: "k8s.io", runtime: "containerd" } },
  {
    type: "container.end-lost",
    params: { containerId, cgroupPath: "/kubepods/x", processes: [process], graceMs: 5_000 },
  },
  { type: "container.restart", params: { runtime: "docker", containerId } },
  { type: "runtime.prune", params: { runtime: "containerd", containers: [containerId], images: ["sha256:1"] } },
  { type: "lxcfs.reattach", params: { mountPoint: "/var/lib/lxcfs", module: "lxcfs", containers: [containerId] } },
  {
    type: "nic.rename",
    params: {
      index: 2,
      mac: "52:54:00:00:00:01",
      from: "dev7",
      to: "eth0",
      claim: { file: "/etc/udev/rules.d/70-persistent-net.rules", mac: "52:54:00:00:00:01", name: "eth0" },
    },
  },
  { type: "mount.detach", params: { mountPoint: "/run/x", type: "overlay", source: "overlay", containerId } },
  { type: "cni.restore", params: { file: "10-net.conflist", currentSha256: null, goodSha256: "b".repeat(64) } },
  { type: "sysctl.set", params: { key: "net.netfilter.nf_conntrack_max", expected: "65536", value: "131072" } },
  { type: "conntrack.flush", params: { which: ["unreplied"] } },
  { type: "process.nudge", params: { process } },
  { type: "process.resume", params: { process } },
  { type: "sandbox.end", params: { kind: "kata", containerId, processes: [process], graceMs: 1_000 } },
  { type: "pod.remove", params: { runtime: "containerd", pods: [containerId] } },
  { type: "cni.release", params: { network: "pods", leases: [{ address: "10.88.0.7", containerId }] } },
  { type: "netns.remove", params: { names: ["cni-0192f0c1-2d3e-7f40-8a51-62738495a6b7"] } },
  { type: "link.set", params: { index: 7, name: "veth12ab", master: "cni0" } },
  { type: "neighbour.drop", params: { device: "cni0", address: "fe80::1" } },
  { type: "firewall.drop-rule", params: filter },
  { type: "firewall.add-rule", params: { ...filter, position: 3 } },
  { type: "log.trim", params: { path: "/var/log/pods/a_b_c/d/0.log", containerId, keepBytes: 1_048_576 } },
  { type: "filesystem.thaw", params: { mountPoint: "/var/lib/containerd" } },
  { type: "container.thaw", params: { containerId } },
  { type: "container.pids-max", params: { containerId, expected: "max", value: 4_096 } },
  { type: "module.limits", params: { module: "containerd", process, openFiles: 65_536 } },
  { type: "kernel.load-module", params: { name: "br_netfilter" } },
  { type: "volume.clear", params: { podUid: nodeId } },
  {
    type: "file.put",
    params: {
      path: "/etc/cni/net.d/10-x.conf",
      content: '{"name":"x","type":"bridge"}',
      sha256: "d".repeat(64),
      mode: "644",
    },
  },
  { type: "file.restore", params: { path: "/etc/containerd/config.toml", putSha256: "d".repeat(64) } },
  { type: "sysctl.put", params: { key: "net.ipv4.ip_local_port_range", value: "1024\t65000" } },
  { type: "sysctl.restore", params: { key: "vm.max_map_count", putValue: "262144" } },
  { type: "image.pull", params: { runtime: "containerd", image: "registry.example:5000/a/b@sha256:ab" } },
];

const payloads = jsonInputs(
  actions.map((action) => ({
    id: nodeId,
    nodeId,
    repairId: nodeId,
    planHash: "c".repeat(64),
    generation: 7,
    nonce: "nonce-of-a-command",
    issuedAt: NOW,
    expiresAt: NOW + 60_000,
    action,
  })),
);

export const commandPayload: Decoder = {
  name: "command-payload",
  what: "the signed bytes of a command, as the agent reads them once the signature fits",
  generate: payloads,
  decode(input) {
    const json = readJson(asText(input));
    const parsed = json && CommandPayload.safeParse(json.value);
    if (parsed?.success) admit(parsed.data, { generation: 6, nonces: new Set(["nonce-of-another-one"]) }, NOW);
    return parsed?.success === true;
  },
};

// PKCS#8 head of an Ed25519 key (RFC 8410) and 32 bytes that everyone can work out: a key for tests, the same each time.
const seed = createHash("sha256").update("fuzz").digest();
const key = createPrivateKey({
  key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]),
  format: "der",
  type: "pkcs8",
});
const keys = {
  k1: createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32).toString("base64url"),
  short: "AAAA",
  noise: Buffer.from(seed).toString("base64url"),
};

/** As the dispatcher writes it where that can be done, so that the comparison of bytes is not all that is met. */
function canonicalOf(text: string): Uint8Array {
  const json = readJson(text);
  const parsed = json && CommandPayload.safeParse(json.value);
  return parsed?.success && text.length % 4 > 0 ? payloadBytes(parsed.data) : Buffer.from(text);
}

/** Signs the input; its own bytes decide what is wrong with the frame around it. */
function frameOf(text: string): SignedCommand {
  const payload = Uint8Array.from(canonicalOf(text));
  const random = new Random(payload.length, payload[payload.length >> 1]);
  const right = sign(null, commandBytes(payload), key);
  const signature = Uint8Array.from(random.oneIn(8) ? flip(random, right) : right);
  const keyId = random.oneIn(8) ? random.pick(["short", "noise", "__proto__", "constructor", "toString", ""]) : "k1";
  return { payload, keyId, signature: random.oneIn(20) ? signature.subarray(0, random.below(64)) : signature };
}

export const signedCommand: Decoder = {
  name: "signed-command",
  what: "a signed command as the agent receives it: signature, shape, addressee",
  share: { of: 0.05, why: "each input is signed and its signature verified" },
  generate: (random) => (random.oneIn(10) ? mutateWord(random, payloads(random)) : payloads(random)),
  decode: (input) => authenticate(frameOf(asText(input)), keys, nodeId).ok,
};
