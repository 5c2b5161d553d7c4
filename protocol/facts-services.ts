// Facts of the node's services: systemd, kubelet, certificates, endpoints, name resolution, cron. Raw; latencies are rounded up to steps.
import { z } from "zod";
import { Count, Instant } from "./facts-base.ts";

export const SystemdFact = z.object({
  /** Is systemd the first process here? Without it everything else is empty. */
  present: z.boolean(),
  version: z.string().nullable(),
  /** running, degraded, maintenance …; null when it did not answer. */
  state: z.string().nullable(),
  /** How long the first question took. */
  latencyMs: z.number().nullable(),
  /** Why it did not answer. */
  error: z.string().nullable(),
  silentSince: Instant.nullable(),
  units: Count.nullable(),
  jobs: Count.nullable(),
  /** Failed units, at most 50. Null: systemd did not list its units, or not all. */
  failed: z.array(z.object({ unit: z.string(), result: z.string(), description: z.string() })).nullable(),
  /** Services that systemd restarted by itself within the last window of at most 15 min, at most 20. Null as above. */
  restarts: z.array(z.object({ unit: z.string(), total: Count, recent: Count, overMs: z.number() })).nullable(),
});

export const KubeletFact = z.object({
  /** Is a kubelet running or its configuration there, also one inside k3s, RKE2, k0s or MicroK8s? */
  present: z.boolean(),
  running: z.boolean(),
  /** Answer of its health endpoint; null when it does not run, and when it has none that was ever heard (healthzPort 0, another network). */
  health: z
    .object({
      ok: z.boolean(),
      status: Count.nullable(),
      latencyMs: z.number(),
      error: z.string().nullable(),
      failingSince: Instant.nullable(),
      failures: Count,
    })
    .nullable(),
  /** What was asked; null when nothing was. */
  healthUrl: z.string().nullable().default(null),
  /** Settings of its file that checks ask about; null when there is no file. */
  config: z
    .object({
      path: z.string(),
      maxPods: Count.nullable(),
      cgroupDriver: z.string().nullable(),
      rotateCertificates: z.boolean().nullable(),
      clusterDomain: z.string().nullable(),
      clusterDns: z.array(z.string()),
    })
    .nullable(),
  /** Pod folders below /var/lib/kubelet/pods. */
  podFolders: Count,
  /** Those whose uid no runtime lists, at most 50, oldest first. */
  unlisted: z.array(
    z.object({
      podUid: z.string(),
      modifiedAt: Instant,
      /** Mounts at or below it. */
      mounts: Count,
      /** Everything that is no directory, counted to 1000. */
      files: Count,
      firstFile: z.string().nullable(),
      directories: Count,
      /** Volumes that are still there (volumes/PLUGIN/NAME, volume-subpaths). */
      volumes: Count,
      /** The agent saw a runtime list this pod earlier. One that was never listed may be waiting for its volumes. */
      wasListed: z.boolean().optional(),
    }),
  ),
});

/** Certificates in the usual places and those of the agent's configuration. */
export const CertificatesFact = z.array(
  z.object({
    path: z.string(),
    subject: z.string(),
    notBefore: Instant,
    notAfter: Instant,
    /** Why it could not be read; its times are then 0. */
    error: z.string().nullable(),
  }),
);

/** Answers of HTTP and TCP endpoints: health of local modules, and what the agent's configuration names. */
export const EndpointsFact = z.array(
  z.object({
    name: z.string(),
    /** Without user, password and query. */
    url: z.string(),
    /** local: a module of this node; egress: something elsewhere that the node needs. */
    scope: z.enum(["local", "egress"]),
    ok: z.boolean(),
    status: Count.nullable(),
    latencyMs: z.number(),
    error: z.string().nullable(),
    failingSince: Instant.nullable(),
    failures: Count,
  }),
);

export const DnsFact = z.object({
  resolvConf: z.object({
    servers: z.array(z.string()),
    search: z.array(z.string()),
    ndots: Count.nullable(),
    /** Why the file could not be read. */
    error: z.string().nullable(),
  }),
  /** Each server of resolv.conf, asked for the root's name servers; and names of the configuration. */
  lookups: z.array(
    z.object({
      name: z.string(),
      server: z.string(),
      ok: z.boolean(),
      latencyMs: z.number(),
      /** ETIMEOUT, SERVFAIL, ENOTFOUND …; null when ok. */
      code: z.string().nullable(),
      /** When it was first answered since the agent's start; null: never, perhaps it is not meant to be. */
      firstAnswerAt: Instant.nullable(),
      failingSince: Instant.nullable(),
      failures: Count,
    }),
  ),
});

/** Jobs of cron that run at least every half hour, most frequent first, at most 50; of the command only its first word. */
export const CronJobsFact = z.array(
  z.object({
    file: z.string(),
    line: Count,
    user: z.string().nullable(),
    schedule: z.string(),
    program: z.string(),
    /** Shortest time between two runs, minutes. */
    everyMinutes: z.number(),
  }),
);

export const serviceFacts = {
  systemd: SystemdFact,
  kubelet: KubeletFact,
  certificates: CertificatesFact,
  endpoints: EndpointsFact,
  dns: DnsFact,
  cronJobs: CronJobsFact,
} as const;
