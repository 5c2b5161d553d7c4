import { expect, test } from "vitest";
import { appNameOf } from "./app-name.ts";

test.each([
  ["web-6d4b75cb6d-x2v9k", "web", "deployment"],
  ["my-web-app-7f9c8b5d4-zk8wq", "my-web-app", "deployment"],
  ["coredns-565d847f94-2kqvl", "coredns", "deployment"],
  ["node-exporter-x2v9k", "node-exporter", "daemon-set"],
  ["mysql-0", "mysql", "stateful-set"],
  ["kafka-broker-12", "kafka-broker", "stateful-set"],
  ["backup-28311840-x2v9k", "backup", "job"],
  ["backup-1700000000-x2v9k", "backup", "job"],
  ["train-3-x2v9k", "train", "job"],
  ["kube-apiserver-node-1", "kube-apiserver", "daemon-set"],
  // Letters that Kubernetes never draws are part of the name.
  ["api-front-proxy", "api-front-proxy", "pod"],
  ["debug", "debug", "pod"],
  ["web-canary", "web-canary", "pod"],
])("pod %s belongs to %s (%s)", (pod, name, kind) => {
  expect(appNameOf(pod, "app", "node-1")).toEqual({ name, kind });
});

test.each([
  ["shop-db-1", "shop-db"],
  ["shop_web_12", "shop_web"],
  ["/nginx", "nginx"],
  ["redis6", "redis6"],
])("container %s without a pod belongs to %s", (container, name) => {
  expect(appNameOf(null, container, "node-1")).toEqual({ name, kind: "container" });
});
