// What leaves a node carries no secret that its name gives away, also when the text is broken.
import { describe, expect, it } from "vitest";
import { redactArgs, redactJson, redactLog } from "./redact.ts";

describe("arguments", () => {
  it.each([
    ["--password=hunter2 with spaces"],
    ["--password", "hunter2"],
    ["-db.password=hunter2"],
    ["--auth-token=hunter2"],
    ["DB_SECRET=hunter2"],
    ["https://ann:hunter2@example.com/x"],
    ["https://hunter2@example.com"],
    ["sh", "-c", "run --token hunter2 && export API_KEY=hunter2"],
    ["curl", "-H", "Authorization: Bearer hunter2hunter2"],
    ["mysql", "-phunter2"],
    ["sshpass", "-p", "hunter2", "ssh"],
  ])("lose the secret of %s %s", (...argv) => expect(redactArgs(argv)).not.toContain("hunter2"));

  it("keep what is none", () => {
    const argv = ["/usr/bin/kubelet", "--port=10250", "--token-auth-file=/etc/t", "-p", "80", "http://host/a@b"];
    expect(redactArgs(argv)).toBe(argv.join(" "));
  });
});

describe("configuration", () => {
  const conf = {
    name: "n",
    plugins: [{ type: "calico", etcd_key: "hunter2", policy: { k8s_auth_token: "hunter2" }, mtu: 1500 }],
    "client-key-data": "hunter2",
    passwords: ["a", "hunter2"],
    endpoint: "https://u:hunter2@etcd:2379",
  };
  it("keeps its shape and loses its secrets", () => {
    const shown = redactJson(JSON.stringify(conf));
    expect(shown).not.toContain("hunter2");
    expect(JSON.parse(shown)).toMatchObject({ name: "n", plugins: [{ type: "calico", mtu: 1500 }] });
  });

  it.each([
    JSON.stringify(conf).slice(0, -1),
    '{"token":"hunter2',
    '{"token": "a\\"hunter2"',
    "token: hunter2\n",
    '{"secret":{"a":"hunter2"},',
    "password = hunter2",
  ])("loses them when broken: %s", (text) => expect(redactJson(text)).not.toContain("hunter2"));

  it("keeps the rest when broken", () => expect(redactJson('{"name":"n","plug')).toBe('{"name":"n","plug'));
});

describe("what gives access by itself", () => {
  const amz =
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAVERYSECRET%2F20261122&X-Amz-Signature=f00dverysecret";
  it.each([
    [
      "containerd, redirected to S3",
      `level=error msg="PullImage \\"app:1\\" failed" error="failed to do request: Get \\"https://prod-registry.s3.amazonaws.com/docker/blobs/sha256/ab/data?${amz}\\": dial tcp 52.1.2.3:443: i/o timeout"`,
      ["https://prod-registry.s3.amazonaws.com/docker/blobs/sha256/ab/data?(left out)", "i/o timeout"],
    ],
    [
      "the same through Go's JSON",
      `{"msg":"httpReadSeeker: failed open: https://b.s3.amazonaws.com/x?${amz.replaceAll("&", "\\u0026")}: 403"}`,
      ["https://b.s3.amazonaws.com/x?(left out)"],
    ],
    [
      "Azure's shared access",
      "Get https://acct.blob.core.windows.net/c/d?se=2026-11-22T10%3A00Z&sp=r&sv=2018-03-28&sr=b&sig=verysecret%3D 403 Server failed",
      ["https://acct.blob.core.windows.net/c/d?(left out)", "403 Server failed"],
    ],
    ["OSS, without a scheme", "GET /v2/blob?OSSAccessKeyId=x&Signature=verysecret HTTP 403", ["HTTP 403"]],
    ["sig alone", "retry with sig=verysecret failed", ["retry with", "failed"]],
    ["a header", "request Authorization: Bearer averysecrettoken123 refused", ["request Authorization"]],
    [
      "another kind of it",
      "Authorization: AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=verysecret",
      ["Authorization"],
    ],
    ["cookies", "Set-Cookie: a=1; session=verysecret; Path=/", ["Set-Cookie"]],
  ])("%s", (_name, line, kept) => {
    const shown = redactLog(line);
    expect(shown).not.toMatch(/verysecret/i);
    for (const part of kept) expect(shown).toContain(part);
  });

  it("leaves what only looks like it", () => {
    const line = "design=3 assigned: yes https://host/path and why? because";
    expect(redactLog(line)).toBe(line);
  });
});
