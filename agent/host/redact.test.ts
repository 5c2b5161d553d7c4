// What leaves a node carries no secret that its name gives away, also when the text is broken.
import { describe, expect, it } from "vitest";
import { redactArgs, redactJson } from "./redact.ts";

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
