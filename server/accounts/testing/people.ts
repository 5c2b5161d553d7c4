// People, a console's sign-in and browsers for database tests of accounts.
import { type TestDatabase, testDatabase } from "../../../testing/database.ts";
import type { Role } from "../../core/access.ts";
import { systemActor } from "../../core/context.ts";
import { type Auth, createAuth } from "../auth.ts";
import { changePassword } from "../change-password.ts";
import { createPerson } from "../create-person.ts";
import { ensureFirstAdmin } from "../first-admin.ts";
import type { OidcConfig } from "../oidc.ts";
import { provideAccounts } from "../runtime.ts";
import { type Browser, browser } from "./browser.ts";

export const SECRET = "a-secret-only-for-this-test-0123456789";
export const URL_OF_CONSOLE = "http://localhost:7080";
const LONG = "a lake where herons wait";

export type Console = {
  database: TestDatabase;
  auth: Auth;
  admin: { email: string; password: string };
  open: (now?: () => Date) => Browser;
  /** Somebody who has signed in and changed the one-time password. */
  person: (name: string, role: Role | null, grants?: { role: Role; selector: string }[]) => Promise<Member>;
};
export type Member = { id: string; email: string; password: string; browser: Browser };

export async function testConsole(oidc: OidcConfig | null = null): Promise<Console> {
  const database = await testDatabase();
  const prisma = database.as("web"); // the web process's rights, no more
  const auth = createAuth({ prisma, secret: SECRET, publicUrl: URL_OF_CONSOLE, oidc });
  provideAccounts({ auth, prisma, publicUrl: URL_OF_CONSOLE, oidc });
  // Limits per address are tested where addresses are (web/); here everybody comes from nowhere.
  (await auth.$context).rateLimit.enabled = false;
  const admin = await ensureFirstAdmin(database.prisma, SECRET);
  if (!admin) throw new Error("the database was not empty");
  const open = (now?: () => Date): Browser => browser({ prisma, auth, url: URL_OF_CONSOLE, ...(now ? { now } : {}) });
  const host = { db: database.prisma, actor: systemActor("test"), now: () => new Date(), requestId: "test" };
  return {
    database,
    auth,
    admin,
    open,
    async person(name, role, grants = []) {
      const email = `${name.toLowerCase()}@example.org`;
      const made = await createPerson.call(host, { email, name, role, grants });
      const own = open();
      await own.signIn(email, made.password);
      await changePassword.call(await own.ctx(), { current: made.password, next: LONG });
      return { id: made.id, email, password: LONG, browser: own };
    },
  };
}
