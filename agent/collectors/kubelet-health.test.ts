// Where a kubelet's health endpoint is, and that one which was never heard is not called sick.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { configFileOf, HealthAsker, healthUrl } from "./kubelet-health.ts";

const yaml = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";

describe("healthUrl", () => {
  it.each([
    ["nothing said", ["/usr/bin/kubelet"], null, "http://127.0.0.1:10248/healthz"],
    [
      "kubeadm's file",
      [],
      `${yaml}healthzBindAddress: 127.0.0.1\nhealthzPort: 10248\n`,
      "http://127.0.0.1:10248/healthz",
    ],
    ["another port", [], `${yaml}healthzPort: 10249 # moved\n`, "http://127.0.0.1:10249/healthz"],
    ["JSON", [], '{\n  "healthzPort": 10300,\n  "healthzBindAddress": "10.0.0.7"\n}', "http://10.0.0.7:10300/healthz"],
    ["everywhere", [], `${yaml}healthzBindAddress: 0.0.0.0\n`, "http://127.0.0.1:10248/healthz"],
    ["IPv6", [], `${yaml}healthzBindAddress: "::"\n`, "http://[::1]:10248/healthz"],
    ["switched off", [], `${yaml}healthzPort: 0\n`, null],
    ["switched off by a flag", ["kubelet", "--healthz-port=0"], `${yaml}healthzPort: 10248\n`, null],
    [
      "a flag before the file",
      ["kubelet", "--healthz-port", "10999"],
      `${yaml}healthzPort: 0\n`,
      "http://127.0.0.1:10999/healthz",
    ],
  ])("%s", (_name, argv, config, url) => expect(healthUrl(argv, config)).toBe(url));

  it("finds the kubelet's file", () => {
    expect(configFileOf(["kubelet", "--config=/etc/k/config.yaml", "--v=2"])).toBe("/etc/k/config.yaml");
    expect(configFileOf(["kubelet", "--config", "/a"])).toBe("/a");
    expect(configFileOf(["kubelet", "--config-dir=/b"])).toBeNull();
  });
});

it("what never listened is unknown; what fell silent is sick", async () => {
  const server = createServer((_request, response) => response.end("ok"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/healthz`; // it listens on TCP
  const asker = new HealthAsker();
  expect(await asker.ask(url, 1)).toMatchObject({ ok: true, failures: 0 });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(await asker.ask(url, 2)).toMatchObject({ ok: false, error: "ECONNREFUSED", failures: 1, failingSince: 2 });
  expect(await new HealthAsker().ask(url, 3)).toBeNull();
});
