// The centre calls no address inside, whatever name, notation or redirect leads there.
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { egressFetch, mayReach } from "./egress.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server on loopback; asked counts what reached it. */
async function serve(handle: RequestListener): Promise<{ port: number; asked: () => number }> {
  let asked = 0;
  const server = createServer((req, res) => {
    asked += 1;
    handle(req, res);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, asked: () => asked };
}

const LOOPBACK = { allow: ["127.0.0.0/8"] };

test.each([
  "127.0.0.1",
  "127.1.2.3",
  "0.0.0.0",
  "0.1.2.3",
  "10.0.0.1",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "169.254.169.254",
  "169.254.0.1",
  "100.64.0.1",
  "192.0.0.1",
  "192.0.2.1",
  "198.18.0.1",
  "198.51.100.1",
  "203.0.113.1",
  "224.0.0.1",
  "240.0.0.1",
  "255.255.255.255",
  "192.88.99.1",
  "::",
  "::1",
  "::127.0.0.1",
  "::ffff:127.0.0.1",
  "::ffff:7f00:1",
  "::ffff:8.8.8.8",
  "0:0:0:0:0:ffff:0a00:0001",
  "64:ff9b::7f00:1",
  "64:ff9b::a00:1",
  "64:ff9b:1::1",
  "2002:7f00:1::",
  "2002:a00:1::1",
  "2001::1",
  "2001:0:53aa:64c::1",
  "2001:db8::1",
  "fe80::1",
  "fec0::1",
  "fc00::1",
  "fd00:ec2::254",
  "ff02::1",
  "100::1",
  "4000::1",
  "8000::1",
  "::ffff:0:10.0.0.1",
  "",
  "localhost",
  "not an address",
  "1.2.3.4.5",
  "300.1.1.1",
])("refused: %s", (address) => {
  expect(mayReach(address)).toBe(false);
});

test.each(["8.8.8.8", "1.1.1.1", "93.184.216.34", "172.32.0.1", "2606:4700::1111", "2a00:1450:4001::1"])(
  "allowed: %s",
  (address) => {
    expect(mayReach(address)).toBe(true);
  },
);

test("a range that the operator opens is open, and nothing beside it", () => {
  const allow = ["10.20.0.0/16", "fd12:3456::/32"];
  expect(mayReach("10.20.3.4", allow)).toBe(true);
  expect(mayReach("fd12:3456::1", allow)).toBe(true);
  expect(mayReach("10.21.0.1", allow)).toBe(false);
  expect(mayReach("169.254.169.254", allow)).toBe(false);
});

test("no private address passes in any IPv6 clothing", () => {
  const octet = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(
      fc.constantFrom([10], [127], [192, 168], [169, 254], [172, 16]),
      octet,
      octet,
      octet,
      (start, a, b, c) => {
        const bytes = [...start, a, b, c].slice(0, 4);
        const [hi = 0, hj = 0, lo = 0, lp = 0] = bytes;
        const tail = `${((hi << 8) | hj).toString(16)}:${((lo << 8) | lp).toString(16)}`;
        for (const address of [bytes.join("."), `::ffff:${tail}`, `::${tail}`, `64:ff9b::${tail}`, `2002:${tail}::1`])
          expect(mayReach(address), address).toBe(false);
      },
    ),
  );
});

// Every notation that a URL parser turns into an address of this machine.
test.each([
  "http://127.0.0.1/",
  "http://127.1/",
  "http://2130706433/",
  "http://0x7f.0.0.1/",
  "http://0177.0.0.1/",
  "http://[::1]/",
  "http://[::ffff:127.0.0.1]/",
  "http://0/",
  "http://①②⑦.⓪.⓪.①/",
  "http://localhost/",
  "http://LOCALHOST./",
  "https://user:pw@example.org/",
  "ftp://example.org/",
  "file:///etc/passwd",
  "gopher://example.org/",
  "javascript:1",
  "//x",
  "",
])("egressFetch refuses %s", async (url) => {
  const resolve = async (): Promise<string[]> => ["127.0.0.1"];
  await expect(egressFetch(url, {}, { resolve })).rejects.toMatchObject({ code: "invalid" });
});

test("a name with one good and one bad address is refused", async () => {
  const resolve = async (): Promise<string[]> => ["93.184.216.34", "10.0.0.5"];
  await expect(egressFetch("http://mixed.example/", {}, { resolve })).rejects.toMatchObject({ code: "invalid" });
});

test("the refusal tells people nothing about the network inside", async () => {
  const resolve = async (): Promise<string[]> => ["10.9.8.7"];
  const err = await egressFetch("http://inside.example/", {}, { resolve }).catch((e: unknown) => e);
  expect((err as { publicMessage: string }).publicMessage).toBe("This address may not be called.");
});

test("the name is asked once and the connection goes to that answer (no rebinding)", async () => {
  const good = await serve((req, res) => res.end(`${req.headers.host} ${req.url}`));
  const answers = [["127.0.0.1"], ["10.0.0.1"]];
  let asked = 0;
  const resolve = async (): Promise<string[]> => answers[asked++] ?? [];
  const answer = await egressFetch(`http://hook.example:${good.port}/a?b=1`, {}, { ...LOOPBACK, resolve });
  expect(answer).toMatchObject({ status: 200, body: `hook.example:${good.port} /a?b=1` });
  expect(asked).toBe(1);
});

test("a redirect is returned, not followed", async () => {
  const inside = await serve((_req, res) => res.end("secret"));
  const hook = await serve((_req, res) => res.writeHead(302, { location: `http://127.0.0.1:${inside.port}/` }).end());
  expect(await egressFetch(`http://127.0.0.1:${hook.port}/`, {}, LOOPBACK)).toMatchObject({ status: 302, body: "" });
  expect(inside.asked()).toBe(0);
});

test("an answer without end is cut off", async () => {
  const hook = await serve((_req, res) => {
    const more = (): void => {
      while (!res.destroyed && res.write("x".repeat(16_384)));
      if (!res.destroyed) res.once("drain", more);
    };
    more();
  });
  await expect(egressFetch(`http://127.0.0.1:${hook.port}/`, {}, LOOPBACK)).rejects.toThrow(/exceeds 65536 bytes/);
});

test("silence is given up: of the server, and of the resolver", async () => {
  const hook = await serve(() => undefined);
  const options = { ...LOOPBACK, timeoutMs: 50 };
  await expect(egressFetch(`http://127.0.0.1:${hook.port}/`, {}, options)).rejects.toMatchObject({
    code: "unavailable",
  });
  const never = { ...options, resolve: () => new Promise<string[]>(() => undefined) };
  await expect(egressFetch("http://slow.example/", {}, never)).rejects.toMatchObject({ code: "unavailable" });
});

test("a body is posted as it was given", async () => {
  const hook = await serve((req, res) => {
    let text = "";
    req.on("data", (chunk: Buffer) => {
      text += chunk;
    });
    req.on("end", () => res.writeHead(201).end(`${req.method} ${req.headers["content-type"]} ${text}`));
  });
  const init = {
    method: "POST",
    headers: { "content-type": "application/json", host: "evil.example" },
    body: '{"a":1}',
  } as const;
  expect(await egressFetch(`http://127.0.0.1:${hook.port}/`, init, LOOPBACK)).toMatchObject({
    status: 201,
    body: 'POST application/json {"a":1}',
  });
});
