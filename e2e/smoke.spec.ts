// Every page of nav.ts and one of each detail page: loads, has one h1, no complaint of the browser, nothing serious by axe, fits the screen.
import { expect, type Page } from "@playwright/test";
import { pages } from "../app/_ui/nav.ts";
import { expectAccessible, expectNoSideways, test } from "./console.ts";
import { nodeopsJson } from "./nodeops.ts";

type List = { rows: { id: string }[] };

/** The theme follows the system by style sheets alone, so one visit shows both. */
const looks = [
  { name: "desktop", viewport: { width: 1280, height: 800 }, themes: ["light", "dark"] },
  { name: "phone", viewport: { width: 360, height: 740 }, themes: ["light"] },
] as const;
type Theme = (typeof looks)[number]["themes"][number];

/** Views of pages that are an address of their own: tabs, drawers, one check, the editor. */
const views = [
  "/findings?view=flat&show=all&muted=all",
  "/checks/runtime-down",
  "/checks?tab=own",
  "/checks?tab=mutes&mutes=all",
  "/checks?open=mute",
  "/checks/editor",
  "/diagnose?tab=applications",
  "/diagnose?tab=cases",
  "/diagnose?tab=review",
  "/knowledge/cause/oom-kill",
  "/knowledge/cause/oom-kill/edit",
  "/knowledge/cause/never-seen/edit",
  "/checks/editor?test=runtime-down",
  "/patrols?tab=runs",
  "/patrols?open=new",
  "/patrols?open=now",
  "/incidents?state=all",
  "/rollouts/new",
  "/rollouts/new?step=where&kind=label&where=*",
  "/rollouts/new?step=waves&kind=sysctl&where=*",
  "/rollouts/new?step=gates&kind=config-file",
  "/rollouts/new?step=review&kind=sysctl&p=%7B%22key%22%3A%22vm.swappiness%22%2C%22value%22%3A%2210%22%7D&where=*",
  "/rollouts/templates",
  "/rollouts?state=over&single=true",
  "/budget?open=cordon",
];

async function expectSound(page: Page, path: string, themes: readonly Theme[]): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole("heading", { level: 1, includeHidden: true })).toHaveCount(1);
  await expect(page.getByRole("status").filter({ hasText: "Loading" })).toHaveCount(0);
  await expectNoSideways(page);
  for (const colorScheme of themes) {
    await page.emulateMedia({ colorScheme });
    await expectAccessible(page);
  }
}

/** Id of the first row that a list of the API has; nothing where it is empty. */
async function firstOf(page: Page, procedure: string, input: object): Promise<string | undefined> {
  const answer = await page.request.get(`/api/trpc/${procedure}`, {
    params: { input: JSON.stringify({ json: input }) },
  });
  const { result } = (await answer.json()) as { result: { data: { json: List } } };
  return result.data.json.rows[0]?.id;
}

/** Addresses of one node with all its tabs, one finding, one repair, one incident, one look, as far as there are any. */
async function detailPaths(page: Page): Promise<string[]> {
  const first = async (args: string[]): Promise<string | undefined> => (await nodeopsJson<List>(args)).rows[0]?.id;
  const node = await first(["nodes"]);
  const finding = await first(["findings", "--state", "all"]);
  const repair = await first(["repairs"]);
  const incident = await firstOf(page, "incidents.list", { state: "all" });
  const run = await firstOf(page, "patrols.runs", {});
  const rollout = await firstOf(page, "rollouts.list", { state: "all" });
  const asked = await firstOf(page, "diagnosis.mine", {});
  const report = await firstOf(page, "debug.list", {});
  const shell = await firstOf(page, "shells.list", {});
  const tabs = ["summary", "modules", "containers", "findings", "facts&fact=version", "timeline", "debug"];
  return [
    ...tabs.map((tab) => `/nodes/${node}?tab=${tab}`),
    ...(finding ? [`/findings/${finding}`] : []),
    ...(repair ? [`/repairs/${repair}`] : []),
    ...(incident ? [`/incidents/${incident}`] : []),
    ...(run ? [`/patrols/runs/${run}`] : []),
    ...(asked ? [`/diagnose/${asked}`] : []),
    ...(report ? [`/debug/${report}`] : []),
    ...(shell ? [`/shells/${shell}`] : []),
    ...(rollout
      ? [`/rollouts/${rollout}`, `/rollouts/${rollout}?wave=1&chart=evidence`, `/rollouts/new?again=${rollout}`]
      : []),
  ];
}

for (const { name, viewport, themes } of looks) {
  test.describe(name, () => {
    test.use({ viewport, colorScheme: "light" });
    for (const href of [...pages.map((page) => page.href), ...views]) {
      test(`${href} is sound`, async ({ page }) => expectSound(page, href, themes));
    }
    test("detail pages are sound", async ({ page }) => {
      for (const path of await detailPaths(page)) await expectSound(page, path, themes);
    });
  });
}

test.describe("addresses that lead nowhere", () => {
  test.use({ expectedComplaint: /404/ });
  for (const path of [
    "/nowhere",
    "/nodes/no-such-node",
    "/findings/00000000-0000-7000-8000-000000000000",
    "/incidents/00000000-0000-7000-8000-000000000000",
    "/patrols/00000000-0000-7000-8000-000000000000",
    "/rollouts/00000000-0000-7000-8000-000000000000",
    "/checks/no-such-check",
  ]) {
    test(`${path} says so and leads on`, async ({ page }) => {
      await page.goto(path);
      await expect(page.getByRole("link", { name: "Go to the overview" })).toBeVisible();
      await expectAccessible(page);
    });
  }
});
