// Facts of a healthy node's services: systemd, kubelet, certificates, endpoints, names. What faults look like stands in faults-services.ts.
import type { FactData } from "../protocol/facts.ts";

/** This part of a healthy node's facts: no systemd and no kubelet, as on a lab node. */
export const healthyServices = () =>
  ({
    systemd: {
      present: false,
      version: null,
      state: null,
      latencyMs: null,
      error: null,
      silentSince: null,
      units: null,
      jobs: null,
      failed: [],
      restarts: [],
    },
    kubelet: {
      present: false,
      running: false,
      health: null,
      healthUrl: null,
      config: null,
      podFolders: 0,
      unlisted: [],
    },
    certificates: [],
    endpoints: [],
    dns: {
      resolvConf: { servers: ["10.0.0.2"], search: ["example.internal"], ndots: null, error: null },
      lookups: [
        {
          name: ".",
          server: "10.0.0.2",
          ok: true,
          latencyMs: 20,
          code: null,
          firstAnswerAt: Date.UTC(2026, 2, 1, 7),
          failingSince: null,
          failures: 0,
        },
      ],
    },
    cronJobs: [],
  }) satisfies Partial<FactData>;
