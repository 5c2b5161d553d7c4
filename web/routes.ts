// Everything the web process answers, as data. What is not listed does not exist; web/server.ts dispatches from this table and nothing else.

/**
 * Who gets in:
 * - `public`: anybody; gives nothing but health or a page's frame, whose data comes by verbs
 * - `signed-in`: a session or a token, asked before the handler
 * - `local-or-signed-in`: this machine itself, or as above
 * - `verb`: each verb of the API checks its own access (server/core/verb.ts)
 * - `sign-in`: better-auth checks what the call needs
 */
export type Access = "public" | "signed-in" | "local-or-signed-in" | "verb" | "sign-in";
export type Target = "health" | "ready" | "metrics" | "api" | "auth" | "events" | "pages";
export type Method = "GET" | "HEAD" | "POST";

export type Route = {
  methods: readonly Method[];
  /** Exact, or with "/*" at its end everything below. */
  path: string;
  access: Access;
  target: Target;
};

const READ = ["GET", "HEAD"] as const;
const auth = (path: string, method: Method): Route => ({
  methods: [method],
  path: `/api/auth${path}`,
  access: "sign-in",
  target: "auth",
});

/** First match wins. */
export const ROUTES: readonly Route[] = [
  { methods: READ, path: "/healthz", access: "public", target: "health" },
  { methods: READ, path: "/readyz", access: "public", target: "ready" },
  { methods: READ, path: "/metrics", access: "local-or-signed-in", target: "metrics" },
  { methods: ["GET"], path: "/events", access: "signed-in", target: "events" },
  { methods: ["GET", "POST"], path: "/api/trpc/*", access: "verb", target: "api" },
  // Of better-auth only the ways in and out: accounts, passwords, factors and sessions are verbs, with their access and audit.
  auth("/sign-in/email", "POST"),
  auth("/sign-in/social", "POST"),
  auth("/sign-in/break-glass", "POST"),
  auth("/callback/oidc", "GET"),
  auth("/two-factor/verify-totp", "POST"),
  auth("/two-factor/verify-backup-code", "POST"),
  auth("/sign-out", "POST"),
  { methods: READ, path: "/_next/static/*", access: "public", target: "pages" },
  { methods: READ, path: "/*", access: "public", target: "pages" },
];

/** Next's development server talks to its pages through these; in production they do not exist. */
export const DEV_ROUTES: readonly Route[] = [
  { methods: READ, path: "/_next/*", access: "public", target: "pages" },
  { methods: ["GET", "POST"], path: "/__nextjs*", access: "public", target: "pages" },
];

// Below these nothing is a page: a name that the table lacks is refused instead of handed to Next.
const RESERVED = ["/api", "/_next", "/__next", "/events", "/healthz", "/readyz", "/metrics"];
const isReserved = (path: string): boolean =>
  RESERVED.some((prefix) => path === prefix || path.startsWith(`${prefix}/`) || path.startsWith("/__next"));

function matches(route: Route, path: string): boolean {
  if (route.path === "/*") return !isReserved(path);
  if (!route.path.endsWith("*")) return route.path === path;
  const prefix = route.path.slice(0, -1);
  return path.startsWith(prefix) && path.length > prefix.length;
}

/** The route of a request; `none` when nothing lies there, `methods` when it does, for other methods. */
export function findRoute(
  method: string | undefined,
  path: string,
  routes: readonly Route[] = ROUTES,
): { kind: "route"; route: Route } | { kind: "methods"; allowed: string[] } | { kind: "none" } {
  const there = routes.filter((route) => matches(route, path));
  const own = there[0];
  // A listed path answers its own methods only; it must not fall through to the pages.
  const same = there.filter((route) => route.path === own?.path);
  const route = same.find(({ methods }) => methods.some((one) => one === method));
  if (route) return { kind: "route", route };
  return own ? { kind: "methods", allowed: same.flatMap(({ methods }) => methods) } : { kind: "none" };
}
