// The content security policy in a real browser: no page, dialog or message breaks it, and it holds against injected markup and hostile text.
import { expect, type Page } from "@playwright/test";
import { pages } from "../app/_ui/nav.ts";
import { test } from "./console.ts";
import { nodeopsJson } from "./nodeops.ts";

// One test walks all pages.
test.describe.configure({ timeout: 300_000 });

type List = { rows: { id: string }[] };

/** Violations of this page, also those of before its own scripts ran. */
async function watchPolicy(page: Page): Promise<() => Promise<string[]>> {
  await page.addInitScript(() => {
    const found: string[] = [];
    Object.assign(globalThis, { violations: found });
    document.addEventListener("securitypolicyviolation", (event) =>
      found.push(
        `${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`,
      ),
    );
  });
  return () => page.evaluate(() => (globalThis as unknown as { violations: string[] }).violations);
}

async function detailPaths(): Promise<string[]> {
  const first = async (args: string[]): Promise<string | undefined> => (await nodeopsJson<List>(args)).rows[0]?.id;
  const [node, finding, repair] = [
    await first(["nodes"]),
    await first(["findings", "--state", "all"]),
    await first(["repairs"]),
  ];
  const tabs = ["summary", "modules", "containers", "findings", "facts&fact=version", "timeline"];
  return [
    ...(node ? tabs.map((tab) => `/nodes/${node}?tab=${tab}`) : []),
    ...(finding ? [`/findings/${finding}`] : []),
    ...(repair ? [`/repairs/${repair}`] : []),
    "/findings?view=flat&show=all",
  ];
}

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });
    test("no page breaks the policy", async ({ page }) => {
      const violations = await watchPolicy(page);
      for (const path of [...pages.map(({ href }) => href), ...(await detailPaths())]) {
        await page.goto(path);
        await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
        await expect(page.getByRole("status").filter({ hasText: "Loading" })).toHaveCount(0);
        expect(await violations(), path).toEqual([]);
      }
    });
  });
}

test.describe("what opens over a page", () => {
  test.use({ expectedComplaint: /500/ });
  test("dialogs, menus and messages keep to the policy and look right", async ({ page }) => {
    const violations = await watchPolicy(page);
    await page.goto("/nodes");
    await page.keyboard.press("Control+k");
    await expect(page.getByRole("dialog")).toBeVisible();
    // The scroll lock is a style element that a library makes: without the nonce it would be refused.
    await expect(page.locator("body")).toHaveCSS("overflow-y", "hidden");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Account" }).click();
    await expect(page.getByRole("menu")).toBeVisible();
    await page.keyboard.press("Escape");
    // A message brings its styles in the same way.
    await page.route("**/api/trpc/nodes.list**", (route) => route.fulfill({ status: 500, body: "{}" }));
    await page.getByRole("button", { name: "Export" }).click();
    await page.getByRole("menuitem", { name: "CSV" }).click();
    await expect(page.locator("[data-sonner-toast]")).toBeVisible();
    await expect(page.locator("[data-sonner-toaster]")).toHaveCSS("position", "fixed");
    expect(await violations()).toEqual([]);
  });
});

test.describe("what is refused", () => {
  test.use({ expectedComplaint: /Content Security Policy/ });
  test("markup injected into a page runs no script and brings no style", async ({ page }) => {
    const injected = `<style>#victim { color: rgb(1, 2, 3) }</style>
      <p id="victim" style="background: rgb(4, 5, 6)">text</p>
      <img src="data:," onerror="document.title = 'ran'"><script>document.title = "ran"</script>`;
    await page.route("**/settings", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, body: (await answer.text()).replace("</body>", `${injected}</body>`) });
    });
    await page.goto("/settings");
    const victim = page.locator("#victim");
    await expect(victim).toHaveText("text");
    await expect(page).not.toHaveTitle("ran");
    await expect(victim).not.toHaveCSS("color", "rgb(1, 2, 3)");
    await expect(victim).not.toHaveCSS("background-color", "rgb(4, 5, 6)");
  });
});

test("every answer carries the policy, with a nonce of its own and nothing inline", async ({ request }) => {
  const nonces = new Set<string>();
  for (const path of ["/", "/sign-in", "/nodes", "/nowhere", "/healthz", "/api/nothing", "/api/trpc/nodes.list"]) {
    const answer = await request.get(path);
    const headers = answer.headers();
    const csp = headers["content-security-policy"] ?? "";
    expect(csp, path).not.toContain("unsafe");
    expect(csp).toContain("frame-ancestors 'none'");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["access-control-allow-origin"]).toBeUndefined();
    expect(headers["x-powered-by"]).toBeUndefined();
    const [, nonce = ""] = /style-src 'self' 'nonce-([^']{22,})'(?:;|$)/.exec(csp) ?? [];
    expect(nonce, path).not.toBe("");
    nonces.add(nonce);
    if (!headers["content-type"]?.startsWith("text/html")) continue;
    const html = await answer.text();
    for (const [tag] of html.matchAll(/<(?:script|style)\b[^>]*>/g)) expect(tag).toContain(`nonce="${nonce}"`);
    expect(html.replaceAll(/<script\b[\s\S]*?<\/script>/g, "")).not.toMatch(/<[^>]+\s(?:style|on[a-z]+)=/);
  }
  expect(nonces.size).toBe(7);
});
