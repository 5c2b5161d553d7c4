// Reads what `iptables-save -c` prints: how many rules, whose chains, refusals that stand in the main chains, redirected host ports. Pure.
import type { FactData } from "../../protocol/facts.ts";

type Refusal = FactData["firewall"]["refusals"][number];
type Source = Pick<Refusal, "family" | "backend">;

/** Chains by which a program is known. */
const owners: readonly [RegExp, string][] = [
  [/^KUBE-(SERVICES|SVC|SEP|NODEPORTS|FORWARD|POSTROUTING|PROXY)/, "kube-proxy"],
  [/^KUBE-(ROUTER|NWPLCY|POD-FW)/, "kube-router"],
  [/^(CNI-|CNI_)/, "cni"],
  [/^DOCKER/, "docker"],
  [/^POUCH/, "pouch"],
  [/^cali-/, "calico"],
  [/^(CILIUM_|OLD_CILIUM)/, "cilium"],
  [/^FLANNEL-/, "flannel"],
  [/^WEAVE/, "weave"],
  [/^AWS-/, "aws-cni"],
  [/^TERWAY/i, "terway"],
  [/^NETAVARK/, "podman"],
  [/^LIBVIRT_/, "libvirt"],
  [/^(FWD[IO]?_|IN_public|(INPUT|FORWARD|OUTPUT)_(direct|POLICIES|(IN_|OUT_)?ZONES))/, "firewalld"],
  [/^ufw/, "ufw"],
  [/^f2b-/, "fail2ban"],
  [/^ISTIO_/, "istio"],
];

/** Words of a rule as the shell would see them: quotes of iptables-save taken off. */
export function wordsOf(rule: string): string[] {
  const words: string[] = [];
  for (const match of rule.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g))
    words.push(match[1] !== undefined ? match[1].replace(/\\(.)/g, "$1") : (match[2] ?? ""));
  return words;
}

const after = (words: readonly string[], ...names: string[]): string | null => {
  const at = words.findIndex((word) => names.includes(word));
  return at < 0 ? null : (words[at + 1] ?? null);
};

/** Words that make a rule speak of a part of the traffic only. */
const NARROW =
  /^(--dports?|--sports?|--ctstate|--state|--mark|--mac-source|--icmp-type|--match-set|--uid-owner|--string|--limit|!)$/;
/** A manager's own mark in a comment. */
const MANAGED = /kube|cilium|cali|docker|flannel|firewalld|ufw|cni|weave|istio|fail2ban|libvirt|antrea|nodeops/i;
const MAIN_CHAINS = new Set(["INPUT", "FORWARD", "OUTPUT"]);
const REFUSALS_MAX = 100;

export type SavedRules = {
  rules: number;
  owners: string[];
  refusals: Refusal[];
  /** DNAT of a host port by a CNI: {port, protocol, to}. */
  redirects: { port: number; protocol: string; to: string }[];
};

/** Reads one listing. Policies (":FORWARD DROP") are no rules. */
export function parseSave(text: string, source: Source): SavedRules {
  const found: SavedRules = { rules: 0, owners: [], refusals: [], redirects: [] };
  const seen = new Set<string>();
  let table = "";
  let positions = new Map<string, number>();
  const endTable = () => {
    if (table === "filter") for (const r of found.refusals) r.isLast = r.position === positions.get(r.chain);
  };
  for (const line of text.split("\n")) {
    const first = line.charCodeAt(0);
    if (first === 0x2a) {
      endTable();
      table = line.slice(1).trim(); // *filter
      positions = new Map();
    } else if (first === 0x3a) {
      const chain = line.slice(1).split(" ")[0] ?? ""; // :CHAIN
      for (const [pattern, owner] of owners) if (pattern.test(chain)) seen.add(owner);
    } else {
      const match = /^(?:\[(\d+):\d+\] )?-A (\S+) (.*)$/.exec(line);
      if (!match?.[2] || match[3] === undefined) continue;
      const [, packets, chain, rest] = match;
      found.rules += 1;
      const position = (positions.get(chain) ?? 0) + 1;
      positions.set(chain, position);
      if (table === "filter" && MAIN_CHAINS.has(chain) && / -j (DROP|REJECT)\b/.test(` ${rest}`)) {
        const refusal = refusalOf(source, chain, position, rest, Number(packets ?? 0));
        if (refusal && found.refusals.length < REFUSALS_MAX) found.refusals.push(refusal);
      } else if (table === "nat" && /^(CNI-DN-|CNI-HOSTPORT-DNAT|KUBE-HP-)/.test(chain) && rest.includes("-j DNAT")) {
        const words = wordsOf(rest);
        const port = Number(after(words, "--dport"));
        const to = after(words, "--to-destination");
        if (Number.isInteger(port) && port > 0 && to)
          found.redirects.push({ port, protocol: after(words, "-p") ?? "tcp", to });
      }
    }
  }
  endTable();
  found.owners = [...seen].sort();
  return found;
}

function refusalOf(source: Source, chain: string, position: number, rest: string, packets: number): Refusal | null {
  const rule = wordsOf(rest);
  if (MANAGED.test(after(rule, "--comment") ?? "")) return null;
  if (rule.length > 64 || rule.some((word) => word.length > 256 || word === "")) return null; // more than a command could name
  return {
    ...source,
    chain,
    rule,
    position,
    target: after(rule, "-j") ?? "DROP",
    packets,
    source: after(rule, "-s", "--source"),
    destination: after(rule, "-d", "--destination"),
    inDevice: after(rule, "-i", "--in-interface"),
    outDevice: after(rule, "-o", "--out-interface"),
    isNarrow: rule.some((word) => NARROW.test(word)),
  };
}

/** Listening TCP ports and bound UDP ports of /proc/net/{tcp,tcp6,udp,udp6}, with the socket's inode. */
export function parseListeners(
  text: string,
  protocol: "tcp" | "udp",
): { port: number; protocol: string; inode: string }[] {
  const state = protocol === "tcp" ? "0A" : "07";
  return text.split("\n").flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    if (fields[3] !== state) return [];
    const port = Number.parseInt(fields[1]?.split(":").at(-1) ?? "", 16);
    return Number.isFinite(port) && fields[9] ? [{ port, protocol, inode: fields[9] }] : [];
  });
}
