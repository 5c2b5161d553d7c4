// The pages of the console: the one list from which rail, breadcrumbs, palette, shortcuts and the browser smoke test derive.
import type { Permission } from "../../server/core/access.ts";

export type Page = {
  /** Key of its name in the messages (`nav.*`). */
  id:
    | "overview"
    | "nodes"
    | "findings"
    | "repairs"
    | "rollouts"
    | "budget"
    | "approvals"
    | "containers"
    | "checks"
    | "incidents"
    | "knowledge"
    | "diagnose"
    | "patrols"
    | "addNode"
    | "audit"
    | "shells"
    | "people"
    | "account"
    | "settings";
  href: string;
  /** Second key after `g`. */
  key: string;
  /** Who sees it; everyone who is signed in when absent. */
  needs?: Permission;
  /** Rail section. */
  group: "fleet" | "admin";
};

export const pages: readonly Page[] = [
  { id: "overview", href: "/", key: "o", group: "fleet" },
  { id: "diagnose", href: "/diagnose", key: "d", needs: "diagnosis:ask", group: "fleet" },
  { id: "nodes", href: "/nodes", key: "n", needs: "nodes:read", group: "fleet" },
  { id: "incidents", href: "/incidents", key: "i", needs: "checks:read", group: "fleet" },
  { id: "findings", href: "/findings", key: "f", needs: "findings:read", group: "fleet" },
  { id: "repairs", href: "/repairs", key: "r", needs: "repairs:read", group: "fleet" },
  { id: "rollouts", href: "/rollouts", key: "l", needs: "rollouts:read", group: "fleet" },
  { id: "approvals", href: "/approvals", key: "v", needs: "repairs:read", group: "fleet" },
  { id: "containers", href: "/containers", key: "c", needs: "containers:read", group: "fleet" },
  { id: "checks", href: "/checks", key: "k", needs: "checks:read", group: "fleet" },
  { id: "knowledge", href: "/knowledge", key: "w", needs: "knowledge:read", group: "fleet" },
  { id: "budget", href: "/budget", key: "b", needs: "rollouts:read", group: "fleet" },
  { id: "patrols", href: "/patrols", key: "t", needs: "patrols:read", group: "fleet" },
  { id: "addNode", href: "/add-node", key: "a", needs: "tokens:write", group: "admin" },
  { id: "audit", href: "/audit", key: "u", needs: "audit:read", group: "admin" },
  { id: "shells", href: "/shells", key: "h", needs: "shells:read", group: "admin" },
  { id: "people", href: "/people", key: "p", needs: "accounts:read", group: "admin" },
  { id: "account", href: "/account", key: "m", group: "admin" },
  { id: "settings", href: "/settings", key: "s", group: "admin" },
];

/** The page a path belongs to: the longest address that it starts with. */
export function pageOf(path: string): Page | undefined {
  return pages
    .filter((page) => path === page.href || (page.href !== "/" && path.startsWith(`${page.href}/`)))
    .sort((a, b) => b.href.length - a.href.length)[0];
}
