// What attackers send to the pages, and what nodes under their hand write into them.
import { expect, type Page } from "@playwright/test";
import { test } from "./console.ts";
import { nodeopsJson } from "./nodeops.ts";

// One test walks all pages.
test.describe.configure({ timeout: 300_000 });

/** Ends lines, clears screens, turns text around, hides in it, closes tags. */
const HOSTILE =
  "</td><script>document.title='ran'</script><img src=data:, onerror=document.title='ran'>\u001b[2J\u001b]8;;http://evil\u0007\u009b31m\u202etxt.exe\u200b\u{e0041}\r\u0000";
const ACTS = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** Answers of the API with the hostile text in every name and message, as a rogue node would report it. */
async function poison(page: Page): Promise<void> {
  await page.route("**/api/trpc/**", async (route) => {
    const answer = await route.fetch();
    const body = JSON.parse(await answer.text(), (key, value) =>
      typeof value === "string" &&
      /^(?:name|nodeName|message|en|zh|subject|image|podName|detail|value|version|hostname|actorName)$/.test(key)
        ? `${value}${HOSTILE}`
        : value,
    );
    await route.fulfill({ response: answer, json: body });
  });
}

test("hostile text from nodes is shown inert on every page", async ({ page }) => {
  const finding = (await nodeopsJson<{ rows: { id: string }[] }>(["findings", "--state", "all"])).rows[0]?.id;
  const node = (await nodeopsJson<{ rows: { id: string }[] }>(["nodes"])).rows[0]?.id;
  await poison(page);
  const paths = [
    "/",
    "/nodes",
    "/findings",
    "/findings?view=flat&show=all",
    "/containers",
    "/repairs",
    "/audit",
    "/checks",
  ];
  const tabs = ["summary", "modules", "containers", "facts", "timeline"].map((tab) => `/nodes/${node}?tab=${tab}`);
  for (const path of [...paths, ...tabs, ...(finding ? [`/findings/${finding}`] : [])]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    await expect(page.getByRole("status").filter({ hasText: "Loading" })).toHaveCount(0);
    await expect(page).not.toHaveTitle("ran");
    const texts = await page.evaluate(() => {
      const found: string[] = [document.title];
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
      for (let at = walker.nextNode(); at; at = walker.nextNode()) {
        if (at instanceof Element) found.push(...[...at.attributes].map(({ value }) => value));
        else if (at.parentElement?.tagName !== "SCRIPT") found.push(at.nodeValue ?? "");
      }
      return found;
    });
    expect(
      texts.filter((text) => ACTS.test(text)),
      path,
    ).toEqual([]);
    if (path === "/nodes") expect(texts.some((text) => text.includes("␛[2J"))).toBe(true);
  }
  await page.unrouteAll({ behavior: "ignoreErrors" }); // reads that are under way end with the page
});

const flight =
  '--x\r\nContent-Disposition: form-data; name="0"\r\n\r\n{"then":"$1:__proto__:then","status":"resolved_model","reason":-1,"_response":{"_prefix":"process.exit()"}}\r\n--x--\r\n';

test("no server action is taken, whatever its shape", async ({ request }) => {
  for (const path of ["/", "/nodes", "/sign-in", "/nowhere"])
    for (const type of [
      "multipart/form-data; boundary=x",
      "text/plain;charset=UTF-8",
      "text/x-component",
      "application/json",
    ]) {
      const headers = { "next-action": "7f0000000000000000000000000000000000000000", "content-type": type };
      const answer = await request.post(path, { headers, data: flight });
      expect(answer.status(), `${path} ${type}`).toBe(405);
    }
  expect((await request.get("/healthz")).status()).toBe(200);
});

test("headers and parameters of Next's inside change nothing for strangers", async ({ playwright, baseURL }) => {
  const stranger = await playwright.request.newContext({ baseURL, storageState: { cookies: [], origins: [] } });
  const plain = await (await stranger.get("/nodes")).text();
  const data = "/api/trpc/nodes.list?input=%7B%22json%22%3A%7B%7D%7D";
  expect((await stranger.get(data)).status()).toBe(401);
  const tricks: Record<string, string>[] = [
    { "x-middleware-subrequest": "middleware:middleware:middleware:middleware:middleware" },
    { "x-middleware-rewrite": "http://127.0.0.1:1/" },
    { "x-middleware-override-headers": "cookie", "x-middleware-request-cookie": "a=b" },
    { "x-invoke-path": "/settings", "x-invoke-status": "200" },
    { "x-matched-path": "/settings", "x-now-route-matches": "1=settings" },
    { "x-forwarded-host": "evil.example", "x-forwarded-proto": "https" },
    { "x-nextjs-data": "1" },
  ];
  // What a page shows; its scripts carry nonces and come in pieces of any size.
  const shown = (html: string): string => /<main\b[\s\S]*<\/main>/.exec(html)?.[0] ?? "";
  expect(shown(plain)).toContain("<h1");
  for (const headers of tricks) {
    const answer = await stranger.get("/nodes", { headers, maxRedirects: 0 });
    expect(answer.status(), JSON.stringify(headers)).toBe(200);
    expect(shown(await answer.text()) === shown(plain), JSON.stringify(headers)).toBe(true);
    expect((await stranger.get(data, { headers })).status()).toBe(401);
  }
  for (const path of [
    "/nodes/a?nxtPnode=b",
    "/?__nextLocale=zh",
    "/_next/image?url=%2Ficon.svg&w=64&q=75",
    "/_next/data/x/nodes.json",
    "/nodes//evil.example/%2e%2e",
  ]) {
    expect([400, 404], path).toContain((await stranger.get(path, { maxRedirects: 0 })).status());
  }
  // Broken router state is the sender's own trouble; no page says what happened inside.
  const broken = await stranger.get("/nodes", { headers: { rsc: "1", "next-router-state-tree": "%5B%5B%5B" } });
  expect(await broken.text()).not.toMatch(/\n\s+at |node_modules|\.tsx?:\d/);
  expect((await stranger.get("/healthz")).status()).toBe(200);
  await stranger.dispose();
});
