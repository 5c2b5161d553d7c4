// PouchContainer's own counters become rows like those of a gRPC runtime.
import { expect, it } from "vitest";
import { parseScrape, reduceScrapes } from "./runtime-metrics.ts";

const page = (created: number, succeeded: number, quick: number, slow: number) => `
# TYPE engine_daemon_container_actions_counter_total counter
engine_daemon_container_actions_counter_total{action="create"} ${created}
engine_daemon_container_success_actions_counter_total{action="create"} ${succeeded}
engine_daemon_container_actions_seconds_bucket{action="create",le="0.1"} ${quick}
engine_daemon_container_actions_seconds_bucket{action="create",le="1"} ${slow}
engine_daemon_container_actions_seconds_bucket{action="create",le="+Inf"} ${slow}
engine_daemon_container_actions_counter_total{action="start"} 7
engine_daemon_container_success_actions_counter_total{action="start"} 7
engine_daemon_engine_info{commit="x",kernel="4.19",version="1.3.1"} 1
`;

it("counts actions, failures and latency of the window", () => {
  const rows = reduceScrapes(
    "pouch",
    parseScrape(page(100, 99, 90, 100), 1_000),
    parseScrape(page(110, 107, 100, 110), 31_000),
  );
  expect(rows).toEqual([
    {
      runtime: "pouch",
      interface: "container/create",
      windowMs: 30_000,
      total: 10,
      success: 8,
      successRatio: 0.8,
      latencyMsP50: 50,
      latencyMsP99: 99,
      inFlight: 0,
    },
  ]);
});
