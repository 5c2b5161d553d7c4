// "user:ab12" → the name that people know; rows keep the reference, pages show the name.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Tx } from "./context.ts";

const idsOf = (refs: readonly string[], kind: string): string[] =>
  refs.filter((ref) => ref.startsWith(`${kind}:`)).map((ref) => ref.slice(kind.length + 1));

/** Names of these actors at once. One that is gone keeps its reference; a process of ours is called by its name. */
export async function actorNames(
  db: PrismaClient | Tx,
  refs: readonly (string | null)[],
): Promise<(ref: string) => string> {
  const known = [...new Set(refs.filter((ref) => ref !== null))];
  const [users, tokens] = await Promise.all([
    db.user.findMany({ where: { id: { in: idsOf(known, "user") } }, select: { id: true, name: true } }),
    db.apiToken.findMany({
      where: { id: { in: idsOf(known, "token").filter((id) => /^[0-9a-f-]{36}$/i.test(id)) } },
      select: { id: true, name: true },
    }),
  ]);
  const names = new Map<string, string>([
    ...users.map(({ id, name }) => [`user:${id}`, name] as const),
    ...tokens.map(({ id, name }) => [`token:${id}`, name] as const),
    ...idsOf(known, "system").map((process) => [`system:${process}`, process] as const),
  ]);
  return (ref) => names.get(ref) || ref;
}
