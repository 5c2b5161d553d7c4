// Fact "dns": what resolv.conf says, whether its servers answer, and whether the names resolve that this node needs.
import { Resolver } from "node:dns/promises";
import type { FactData } from "../../protocol/facts.ts";
import { codeOf, messageOf } from "../host/errors.ts";
import { readPlain } from "../host/file.ts";
import { Failures } from "../host/http-probe.ts";
import { stepUp } from "../host/round.ts";
import { defineCollector } from "./define.ts";
import { kubeletConfig, kubeletRuns } from "./kubelet.ts";

type Dns = FactData["dns"];
type Lookup = Omit<Dns["lookups"][number], "firstAnswerAt" | "failingSince" | "failures">;

const RESOLV_CONF = "/etc/resolv.conf";

/** resolv.conf(5): servers, search list, ndots. Both comment marks count only at the line's begin. */
export function parseResolvConf(text: string): Omit<Dns["resolvConf"], "error"> {
  const lines = text.split("\n").map((line) => line.trim());
  const words = (key: string): string[][] =>
    lines
      .filter((line) => line.startsWith(`${key} `) || line.startsWith(`${key}\t`))
      .map((line) => line.split(/\s+/).slice(1));
  const ndots = /(?:^|\s)ndots:(\d+)/.exec(words("options").flat().join(" "))?.[1];
  return {
    servers: words("nameserver")
      .flatMap(([server]) => (server ? [server] : []))
      .slice(0, 10),
    // The last of several counts.
    search: (words("search").at(-1) ?? words("domain").at(-1) ?? []).slice(0, 32),
    ndots: ndots === undefined ? null : Number(ndots),
  };
}

function resolvConf(): Dns["resolvConf"] {
  try {
    return {
      ...parseResolvConf(readPlain(RESOLV_CONF, { maxBytes: 65_536, follow: true }).toString("utf8")),
      error: null,
    };
  } catch (err) {
    return { servers: [], search: [], ndots: null, error: messageOf(err) };
  }
}

const WAIT_MS = 2_000;

/** IPv6 servers may carry an interface ("fe80::1%eth0"), which a resolver takes as it is. */
async function lookup(server: string, name: string): Promise<Lookup> {
  const started = performance.now();
  const done = (ok: boolean, code: string | null): Lookup => ({
    name,
    server,
    ok,
    latencyMs: stepUp(performance.now() - started, 20),
    code,
  });
  try {
    const resolver = new Resolver({ timeout: WAIT_MS, tries: 2 });
    resolver.setServers([server.includes(":") ? `[${server}]` : server]);
    await (name === "." ? resolver.resolveNs(".") : resolver.resolve4(name));
    return done(true, null);
  } catch (err) {
    const code = codeOf(err) ?? messageOf(err);
    // "No such record" and "not for you" are answers: the server is there.
    if (name === "." && /^(ENODATA|ENOTFOUND|EREFUSED|ENOTIMP|EFORMERR|EBADRESP|EBADNAME|ESERVFAIL)$/.test(code))
      return done(true, null);
    if (code === "ENODATA") return done(true, null); // the name is there, with other addresses
    return done(false, code);
  }
}

const failures = new Failures();
const firstAnswers = new Map<string, number>();

export const dns = defineCollector({
  kind: "dns",
  everyMs: 60_000,
  timeoutMs: 30_000,
  read: async (ctx) => {
    const conf = resolvConf();
    const asked = conf.servers.slice(0, 3).map((server) => ({ server, name: "." }));
    const [first] = conf.servers;
    if (first) for (const name of ctx.config.dnsNames) asked.push({ server: first, name });
    const cluster = kubeletRuns(ctx) ? kubeletConfig() : null;
    const service = cluster?.clusterDns[0];
    if (service)
      asked.push({ server: service, name: `kubernetes.default.svc.${cluster.clusterDomain ?? "cluster.local"}` });
    const lookups = await Promise.all(asked.map(({ server, name }) => lookup(server, name)));
    const now = Date.now();
    return {
      resolvConf: conf,
      lookups: lookups.map((answer) => {
        const key = `${answer.server} ${answer.name}`;
        if (answer.ok && !firstAnswers.has(key)) firstAnswers.set(key, now);
        return { ...failures.keep(key, answer, now), firstAnswerAt: firstAnswers.get(key) ?? null };
      }),
    };
  },
});
