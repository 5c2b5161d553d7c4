// Fact "endpoints": health endpoints of modules that run here, and what the agent's configuration says that this node must reach.
import type { FactData } from "../../protocol/facts.ts";
import { Failures, plainUrl, probeUrl } from "../host/http-probe.ts";
import type { ProcessTable } from "../host/process-table.ts";
import { defineCollector } from "./define.ts";
import { netInodeOf } from "./net-spaces.ts";

type Endpoint = FactData["endpoints"][number];

/** Modules with a health endpoint on this machine; asked only while such a process runs. The kubelet has a fact of its own. */
const LOCAL: readonly { comm: string; url: string }[] = [
  // /livez does not fail while a node is being scaled away, /healthz does.
  { comm: "kube-proxy", url: "http://127.0.0.1:10256/livez" },
  { comm: "cilium-agent", url: "http://127.0.0.1:9879/healthz" },
  { comm: "calico-node", url: "http://127.0.0.1:9099/liveness" },
];
const failures = new Failures();

/**
 * What is asked on this node.
 * @param sharesNet whether a process is in the agent's network: these modules are pods with a pid namespace of their own on the node's network
 */
export function wanted(
  table: Pick<ProcessTable, "all">,
  configured: readonly { name: string; url: string; scope: Endpoint["scope"] }[],
  sharesNet: (pid: number) => boolean,
): { name: string; url: string; scope: Endpoint["scope"] }[] {
  const isRunning = (comm: string) => table.all.some((p) => p.name === comm && p.state !== "Z" && sharesNet(p.pid));
  const local = LOCAL.filter(({ comm }) => isRunning(comm) && !configured.some(({ name }) => name === comm));
  return [...local.map(({ comm, url }) => ({ name: comm, url, scope: "local" as const })), ...configured];
}

/** Older kube-proxies have no /livez. */
async function ask(url: string, scope: Endpoint["scope"]) {
  const answer = await probeUrl(url, scope);
  return answer.status === 404 && url.endsWith("/livez") ? probeUrl(url.replace(/livez$/, "healthz"), scope) : answer;
}

export const endpoints = defineCollector({
  kind: "endpoints",
  everyMs: 30_000,
  timeoutMs: 20_000,
  read: async ({ config, table }) => {
    const own = netInodeOf("self");
    return Promise.all(
      wanted(table.read(5_000), config.endpoints, (pid) => netInodeOf(pid) === own).map(
        async ({ name, url, scope }) => ({
          name,
          url: plainUrl(url),
          scope,
          ...failures.keep(name, await ask(url, scope), Date.now()),
        }),
      ),
    );
  },
});
