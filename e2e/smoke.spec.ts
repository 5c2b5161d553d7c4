// Every page of nav.ts and one of each detail page: loads, has one h1, no complaint of the browser, nothing serious by axe, fits the screen.
import { expect, type Page } from "@playwright/test";
import { pages } from "../app/_ui/nav.ts";
import { expectAccessible, expectNoSideways, test } from "./console.ts";
import { nodeopsJson } from "./nodeops.ts";

type List = { rows: { id: string }[] };

const looks = [
  { name: "light", colorScheme: "light", viewport: { width: 1280, height: 800 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1280, height: 800 } },
  { name: "phone", colorScheme: "light", viewport: { width: 360, height: 740 } },
] as const;

async function expectSound(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
  await expect(page.getByRole("status").filter({ hasText: "Loading" })).toHaveCount(0);
  await expectNoSideways(page);
  await expectAccessible(page);
}

/** Addresses of one node with all its tabs, one finding, one repair, as far as there are any. */
async function detailPaths(): Promise<string[]> {
  const first = async (args: string[]): Promise<string | undefined> => (await nodeopsJson<List>(args)).rows[0]?.id;
  const node = await first(["nodes"]);
  const finding = await first(["findings", "--state", "all"]);
  const repair = await first(["repairs"]);
  const tabs = ["summary", "modules", "containers", "findings", "facts&fact=version", "timeline"];
  return [
    ...tabs.map((tab) => `/nodes/${node}?tab=${tab}`),
    ...(finding ? [`/findings/${finding}`] : []),
    ...(repair ? [`/repairs/${repair}`] : []),
    "/findings?view=flat&show=all",
  ];
}

for (const { name, ...look } of looks) {
  test.describe(name, () => {
    test.use(look);
    for (const { href } of pages) {
      test(`${href} is sound`, async ({ page }) => expectSound(page, href));
    }
    test("detail pages are sound", async ({ page }) => {
      for (const path of await detailPaths()) await expectSound(page, path);
    });
  });
}

test.describe("addresses that lead nowhere", () => {
  test.use({ expectedComplaint: /404/ });
  for (const path of ["/nowhere", "/nodes/no-such-node", "/findings/00000000-0000-7000-8000-000000000000"]) {
    test(`${path} says so and leads on`, async ({ page }) => {
      await page.goto(path);
      await expect(page.getByRole("link", { name: "Go to the overview" })).toBeVisible();
      await expectAccessible(page);
    });
  }
});
