import { expect, test } from "vitest";
import { askedFor } from "./diagnose-live.ts";

test.each([
  [{ container: "0123abcd4567" }, { container: "0123abcd4567" }],
  [
    { container: "0123abcd4567", node: "n1" },
    { container: "0123abcd4567", node: "n1" },
  ],
  [{ pod: "shop/web-0" }, { podNamespace: "shop", podName: "web-0" }],
  [{ pod: "web-0" }, { podName: "web-0" }],
  [{ node: "n1" }, { node: "n1" }],
])("%j asks for %j", (options, asked) => {
  expect(askedFor(options)).toEqual(asked);
});

test.each([[{}], [{ container: "0123abcd4567", pod: "web-0" }]])("%j is bad usage", (options) => {
  expect(() => askedFor(options)).toThrowError(expect.objectContaining({ exitCode: 2 }));
});
