// What is typed alone is looked at; everything else is read.
import { expect, test } from "vitest";
import { namesIn } from "./asked.ts";

test.each([
  ["4f33d2760760", [{ container: "4f33d2760760" }]],
  [
    "containerd://4f33d2760760c41518a84821153ccdf7f80980b797b783cdd75178fc6ca0bf4b",
    [{ container: "4f33d2760760c41518a84821153ccdf7f80980b797b783cdd75178fc6ca0bf4b" }],
  ],
  [" shop/cart-api-7d9f\n", [{ podNamespace: "shop", podName: "cart-api-7d9f" }]],
  ["node/web-17", [{ node: "web-17" }]],
  ["web-17", [{ node: "web-17" }, { podName: "web-17" }]],
  ["timeout", []],
  ["CrashLoopBackOff", []],
  ["failed to pull image", []],
  ["", []],
])("%j", (text, expected) => {
  expect(namesIn(text)).toEqual(expected);
});
