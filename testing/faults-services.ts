// Fixtures of the node's services: what each fault looks like in the facts of an otherwise healthy node, and what looks a little like one.
import type { FactData, Facts } from "../protocol/facts.ts";
import { aModule, aPod, NOW, nodeFacts } from "./facts.ts";
import { base } from "./fault-parts.ts";
import type { FaultFixture } from "./fixture-words.ts";

const DAY = 86_400_000;
const UID = "0a7c51c2-9d2e-4a51-8a0e-3f5f0c1d2e3f";

type Module = FactData["modules"][number];
/** The healthy node's modules and one more. */
const withModule = (over: Partial<Module>): Partial<FactData> => ({ modules: [...base.modules, aModule(over)] });
const gone = { state: "stopped", process: null, processState: null, since: NOW - 60_000 } as const;
const asleep = {
  state: "hung",
  processState: "T",
  since: NOW - 60_000,
  message: "its process is stopped (state T)",
} as const;
const kubeletModule = (over: Partial<Module> = {}): Partial<Module> => ({
  name: "kubelet",
  kind: "kubelet",
  process: { pid: 720, startTicks: 5_200 },
  ...over,
});

const kubeletConfig = (maxPods: number): NonNullable<FactData["kubelet"]["config"]> => ({
  path: "/var/lib/kubelet/config.yaml",
  maxPods,
  cgroupDriver: "systemd",
  rotateCertificates: true,
  clusterDomain: "cluster.local",
  clusterDns: ["10.96.0.10"],
});
const aKubelet = (over: Partial<FactData["kubelet"]> = {}): FactData["kubelet"] => ({
  present: true,
  running: true,
  health: { ok: true, status: 200, latencyMs: 20, error: null, failingSince: null, failures: 0 },
  healthUrl: "http://127.0.0.1:10248/healthz",
  config: kubeletConfig(110),
  podFolders: 1,
  unlisted: [],
  ...over,
});
const sick = (status: number | null, error: string): FactData["kubelet"] =>
  aKubelet({ health: { ok: false, status, latencyMs: 5_000, error, failingSince: NOW - 45_000, failures: 4 } });
const leftFolder = (over: Partial<FactData["kubelet"]["unlisted"][number]> = {}): Facts =>
  nodeFacts({
    kubelet: {
      ...base.kubelet,
      podFolders: 1,
      unlisted: [
        {
          podUid: UID,
          modifiedAt: NOW - 3_600_000,
          mounts: 0,
          files: 0,
          firstFile: null,
          directories: 4,
          volumes: 1,
          ...over,
        },
      ],
    },
  });

const systemd = (over: Partial<FactData["systemd"]>): Facts =>
  nodeFacts({
    systemd: {
      ...base.systemd,
      present: true,
      version: "252",
      state: "running",
      latencyMs: 0,
      units: 300,
      jobs: 0,
      ...over,
    },
  });
const failed = (unit: string) => [{ unit, result: "exit-code", description: unit }];

const certificate = (leftMs: number, lifetimeMs = 365 * DAY) => ({
  path: "/var/lib/kubelet/pki/kubelet-client-current.pem",
  subject: "O=system:nodes, CN=system:node:node-1",
  notBefore: NOW + leftMs - lifetimeMs,
  notAfter: NOW + leftMs,
  error: null,
});
const CERTIFICATE = certificate(0).path;

const endpoint = (over: Partial<FactData["endpoints"][number]>): FactData["endpoints"][number] => ({
  name: "registry",
  url: "https://registry.example.internal/v2/",
  scope: "egress",
  ok: true,
  status: 401,
  latencyMs: 50,
  error: null,
  failingSince: null,
  failures: 0,
  ...over,
});
const failing = (failures: number, error: string, status: number | null = null) => ({
  ok: false,
  status,
  error,
  failures,
  failingSince: NOW - failures * 30_000,
});
const lookup = (over: Partial<FactData["dns"]["lookups"][number]>): FactData["dns"]["lookups"][number] => ({
  name: ".",
  server: "10.0.0.2",
  ok: true,
  latencyMs: 20,
  code: null,
  firstAnswerAt: NOW - 5 * 3_600_000,
  failingSince: null,
  failures: 0,
  ...over,
});
const unresolved = (over: Partial<FactData["dns"]["lookups"][number]>) =>
  lookup({ ok: false, code: "ETIMEOUT", failures: 3, failingSince: NOW - 120_000, latencyMs: 5_000, ...over });
const dns = (...lookups: FactData["dns"]["lookups"]): FactData["dns"] => ({ ...base.dns, lookups });
const resolvConf = (over: Partial<FactData["dns"]["resolvConf"]>): FactData["dns"] => ({
  resolvConf: { ...base.dns.resolvConf, ...over },
  lookups: base.dns.lookups,
});
const cron = (everyMinutes: number): FactData["cronJobs"] => [
  {
    file: "/etc/cron.d/report",
    line: 3,
    user: "root",
    schedule: "* * * * *",
    program: "/usr/local/bin/report",
    everyMinutes,
  },
];

/** Check id → its bad fixtures. */
export const servicesFaults = {
  "module-files-exhausted": [
    {
      name: "the runtime has 940 of 1024 files open",
      facts: nodeFacts({ modules: [aModule({ openFiles: 940, openFilesMax: 1_024 }), ...base.modules.slice(1)] }),
      subject: "containerd",
      reason: "OpenFilesNearLimit",
    },
  ],
  "module-stopped": [
    {
      name: "the log shipper is gone",
      facts: nodeFacts(withModule({ name: "fluent-bit", kind: "logging", ...gone })),
      subject: "fluent-bit",
      reason: "ProcessGone",
    },
    {
      name: "somebody stopped it and forgot it",
      facts: nodeFacts(
        withModule({ name: "fluent-bit", kind: "logging", manager: "systemd", ended: "cleanly", ...gone }),
      ),
      subject: "fluent-bit",
      reason: "StoppedOnPurpose",
    },
  ],
  "module-hung": [
    {
      name: "stopped by a signal",
      facts: nodeFacts(
        withModule({ name: "fluent-bit", kind: "logging", process: { pid: 730, startTicks: 5_300 }, ...asleep }),
      ),
      subject: "fluent-bit",
      reason: "ProcessStopped",
    },
    {
      name: "runs and is silent",
      facts: nodeFacts(
        withModule({
          name: "flanneld",
          kind: "cni",
          process: { pid: 731, startTicks: 5_310 },
          state: "hung",
          since: NOW - 60_000,
          message: "it does not answer",
        }),
      ),
      subject: "flanneld",
      reason: "NoAnswer",
    },
  ],
  "time-service-down": [
    {
      name: "chronyd is gone and nothing took over",
      facts: nodeFacts({
        ...withModule({ name: "chronyd", kind: "other", ...gone }),
        timeSync: { source: null, synchronized: null, offsetMs: null, gatewayOffsetMs: 0 },
      }),
      subject: "chronyd",
      reason: "TimeServiceGone",
    },
  ],
  "systemd-offline": [
    {
      name: "no answer on the bus",
      facts: systemd({
        state: null,
        units: null,
        jobs: null,
        error: "no answer within 10000 ms",
        silentSince: NOW - 90_000,
      }),
      subject: "systemd",
      reason: "NoAnswer",
    },
  ],
  "systemd-bus-slow": [
    {
      name: "five seconds for a simple question",
      facts: systemd({ latencyMs: 5_000, units: 2_000, jobs: 40 }),
      subject: "systemd",
      reason: "SlowAnswer",
    },
  ],
  "systemd-units-many": [
    { name: "leaked scopes", facts: systemd({ units: 4_000 }), subject: "systemd", reason: "ManyUnits" },
  ],
  "systemd-unit-failed": [
    {
      name: "a mount",
      facts: systemd({ state: "degraded", failed: failed("mnt-data.mount") }),
      subject: "mnt-data.mount",
      reason: "UnitFailed",
    },
    {
      name: "a service",
      facts: systemd({ state: "degraded", failed: failed("backup.service") }),
      subject: "backup.service",
      reason: "ServiceFailed",
    },
  ],
  "systemd-unit-restarting": [
    {
      name: "five times in ten minutes",
      facts: systemd({ restarts: [{ unit: "exporter.service", total: 40, recent: 5, overMs: 600_000 }] }),
      subject: "exporter.service",
      reason: "RestartLoop",
    },
  ],
  "kubelet-down": [
    {
      name: "killed",
      facts: nodeFacts({ ...withModule(kubeletModule(gone)), kubelet: aKubelet({ running: false, health: null }) }),
      subject: "kubelet",
      reason: "ProcessGone",
    },
    {
      name: "stopped for an upgrade",
      facts: nodeFacts({
        ...withModule(kubeletModule({ ...gone, manager: "systemd", ended: "cleanly" })),
        kubelet: aKubelet({ running: false, health: null }),
      }),
      subject: "kubelet",
      reason: "StoppedOnPurpose",
    },
  ],
  "kubelet-unhealthy": [
    {
      name: "runs and does not answer",
      facts: nodeFacts({ ...withModule(kubeletModule()), kubelet: sick(null, "no answer in time") }),
      subject: "kubelet",
      reason: "NoAnswer",
    },
    {
      name: "says that it is not well",
      facts: nodeFacts({ ...withModule(kubeletModule()), kubelet: sick(500, "HTTP 500") }),
      subject: "kubelet",
      reason: "HealthCheckFailed",
    },
    {
      name: "stopped by a signal",
      facts: nodeFacts({ ...withModule(kubeletModule(asleep)), kubelet: sick(null, "no answer in time") }),
      subject: "kubelet",
      reason: "ProcessStopped",
    },
  ],
  "pods-near-capacity": [
    {
      name: "the only place is taken",
      facts: nodeFacts({ kubelet: aKubelet({ config: kubeletConfig(1) }) }),
      subject: "pods",
      reason: "NearCapacity",
    },
  ],
  "orphan-pod-volumes": [
    { name: "empty folders of a volume", facts: leftFolder(), subject: UID, reason: "EmptyFolders" },
    {
      name: "a file lies in a volume",
      facts: leftFolder({ files: 1, firstFile: "volumes/kubernetes.io~empty-dir/data/a" }),
      subject: UID,
      reason: "FilesLeft",
    },
  ],
  "certificate-expiring": [
    {
      name: "three days left of a year",
      facts: nodeFacts({ certificates: [certificate(3 * DAY)] }),
      subject: CERTIFICATE,
      reason: "ExpiresSoon",
    },
    {
      name: "one hour left of a day",
      facts: nodeFacts({ certificates: [certificate(3_600_000, DAY)] }),
      subject: CERTIFICATE,
      reason: "ExpiresSoon",
    },
    {
      name: "named in the configuration and not there",
      facts: nodeFacts({
        certificates: [{ path: "/etc/app.crt", subject: "", notBefore: 0, notAfter: 0, error: "ENOENT: no such file" }],
      }),
      subject: "/etc/app.crt",
      reason: "Unreadable",
    },
  ],
  "certificate-expired": [
    {
      name: "yesterday",
      facts: nodeFacts({ certificates: [certificate(-DAY)] }),
      subject: CERTIFICATE,
      reason: "Expired",
    },
  ],
  "endpoint-failing": [
    {
      name: "kube-proxy says no",
      facts: nodeFacts({
        endpoints: [
          endpoint({
            name: "kube-proxy",
            url: "http://127.0.0.1:10256/livez",
            scope: "local",
            ...failing(4, "HTTP 503", 503),
          }),
        ],
      }),
      subject: "kube-proxy",
      reason: "SaysUnhealthy",
    },
  ],
  "egress-blocked": [
    {
      name: "refused",
      facts: nodeFacts({ endpoints: [endpoint(failing(5, "ECONNREFUSED"))] }),
      subject: "registry",
      reason: "NotReachable",
    },
    {
      name: "answers with errors",
      facts: nodeFacts({ endpoints: [endpoint(failing(5, "HTTP 503", 503))] }),
      subject: "registry",
      reason: "ServerError",
    },
  ],
  "dns-failing": [
    {
      name: "the server is silent, its names with it",
      facts: nodeFacts({ dns: dns(unresolved({}), unresolved({ name: "registry.example.internal" })) }),
      subject: "10.0.0.2",
      reason: "ServerSilent",
    },
    {
      name: "a name is gone",
      facts: nodeFacts({ dns: dns(lookup({}), unresolved({ name: "registry.example.internal", code: "ENOTFOUND" })) }),
      subject: "registry.example.internal",
      reason: "NameNotResolved",
    },
  ],
  "dns-slow": [
    {
      name: "answers at the second try",
      facts: nodeFacts({ dns: dns(lookup({ latencyMs: 5_000 })) }),
      subject: "10.0.0.2 .",
      reason: "SlowAnswer",
    },
  ],
  "resolv-conf-broken": [
    {
      name: "a link to nothing",
      facts: nodeFacts({ dns: resolvConf({ servers: [], error: "ENOENT: no such file or directory" }) }),
      subject: "resolv.conf",
      reason: "Unreadable",
    },
    {
      name: "no server on a kubelet's node",
      facts: nodeFacts({ kubelet: aKubelet(), dns: resolvConf({ servers: [] }) }),
      subject: "resolv.conf",
      reason: "NoServer",
    },
    {
      name: "more servers than are used",
      facts: nodeFacts({
        kubelet: aKubelet(),
        dns: resolvConf({ servers: ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"] }),
      }),
      subject: "resolv.conf",
      reason: "TooManyServers",
    },
  ],
  "cron-too-often": [
    {
      name: "every minute",
      facts: nodeFacts({ cronJobs: cron(1) }),
      subject: "/etc/cron.d/report:3",
      reason: "RunsTooOften",
    },
  ],
  "agent-overloaded": [
    {
      name: "its looks do not come back",
      facts: nodeFacts({
        agent: {
          ...base.agent,
          failing: {
            mounts: "the look before has not come back for 40 s",
            network: "network: no answer within 5000 ms",
            filesystems: "filesystems: no answer within 8000 ms",
          },
        },
      }),
      subject: "looks",
      reason: "LooksLate",
    },
    {
      name: "lost frames",
      facts: nodeFacts({ agent: { ...base.agent, droppedFrames: 12 } }),
      subject: "frames",
      reason: "FramesDropped",
    },
    {
      name: "takes a fifth of a CPU",
      facts: nodeFacts({ agent: { ...base.agent, cpuMs: 3_600_000 } }),
      subject: "cpu",
      reason: "CpuHigh",
    },
  ],
} satisfies Record<string, FaultFixture[]>;

/** Healthy readings that look a little like a fault. */
export const servicesNearMisses: { name: string; facts: Facts }[] = [
  {
    name: "a healthy kubelet node with systemd",
    facts: nodeFacts({
      ...withModule(kubeletModule()),
      kubelet: aKubelet(),
      systemd: { ...base.systemd, present: true, version: "252", state: "running", latencyMs: 0, units: 400, jobs: 0 },
      certificates: [certificate(200 * DAY)],
      endpoints: [endpoint({})],
    }),
  },
  {
    name: "a pod that has waited for its volumes for an hour: a folder, and no sandbox yet",
    facts: nodeFacts({
      ...withModule(kubeletModule()),
      kubelet: { ...aKubelet(), podFolders: 1, unlisted: leftFolder().kubelet?.data?.unlisted ?? [] },
    }),
  },
  {
    name: "a plugin that is not installed",
    facts: nodeFacts(withModule({ name: "flanneld", kind: "cni", state: "absent", process: null, processState: null })),
  },
  {
    name: "chronyd was replaced by timesyncd",
    facts: nodeFacts({
      ...withModule({ name: "chronyd", kind: "other", ...gone }),
      timeSync: { source: "systemd-timesyncd", synchronized: true, offsetMs: null, gatewayOffsetMs: 0 },
    }),
  },
  {
    name: "a virtual machine whose host keeps the clock",
    facts: nodeFacts({ timeSync: { source: null, synchronized: null, offsetMs: null, gatewayOffsetMs: 0 } }),
  },
  { name: "a user's session failed", facts: systemd({ state: "degraded", failed: failed("user@1000.service") }) },
  {
    name: "a service was restarted once",
    facts: systemd({ restarts: [{ unit: "a.service", total: 1, recent: 1, overMs: 600_000 }] }),
  },
  {
    name: "one health check of the kubelet was lost",
    facts: nodeFacts({
      ...withModule(kubeletModule()),
      kubelet: aKubelet({
        health: {
          ok: false,
          status: null,
          latencyMs: 5_000,
          error: "no answer in time",
          failingSince: NOW - 5_000,
          failures: 1,
        },
      }),
    }),
  },
  { name: "a pod that is being started", facts: leftFolder({ modifiedAt: NOW - 60_000 }) },
  { name: "an unlisted folder with a live mount", facts: leftFolder({ mounts: 1 }) },
  {
    name: "a finished pod that is not deleted yet",
    facts: leftFolder({ files: 1, firstFile: "etc-hosts", volumes: 0 }),
  },
  {
    name: "the pod came into the list meanwhile",
    facts: { ...leftFolder(), pods: { data: [aPod({ uid: UID })], at: NOW, error: null } },
  },
  { name: "a certificate of one day, half used", facts: nodeFacts({ certificates: [certificate(DAY / 2, DAY)] }) },
  { name: "an endpoint missed twice", facts: nodeFacts({ endpoints: [endpoint(failing(2, "ECONNRESET"))] }) },
  {
    name: "a node without a network: its server never answered",
    facts: nodeFacts({ dns: dns(unresolved({ firstAnswerAt: null })) }),
  },
  {
    name: "an empty resolv.conf where nobody asks",
    facts: nodeFacts({ dns: { resolvConf: { ...base.dns.resolvConf, servers: [] }, lookups: [] } }),
  },
  { name: "cron every ten minutes", facts: nodeFacts({ cronJobs: cron(10) }) },
  {
    name: "a collector has nothing to look at",
    facts: nodeFacts({ agent: { ...base.agent, failing: { conntrack: "connection tracking is not in use" } } }),
  },
];
