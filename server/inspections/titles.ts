// What checks are called, those written at run time included; of one that left the catalogue its id.
import { checkById } from "../../checks/index.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Text } from "../../protocol/text.ts";
import type { Tx } from "../core/context.ts";
import { activeChecks } from "./catalogue.ts";
import { onSomeNodes } from "./node-checks.ts";

/** Reads the titles of checks that are active now; built-in ones are known anyway. */
export async function checkTitles(db: PrismaClient | Tx): Promise<(checkId: string) => Text> {
  const { checks } = await activeChecks(db);
  const custom = new Map([...checks, ...(await onSomeNodes(db))].map(({ id, title }) => [id, title]));
  return (checkId) => checkById(checkId)?.title ?? custom.get(checkId) ?? { en: checkId, zh: checkId };
}
