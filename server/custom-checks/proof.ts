// What a version must have shown before it counts: its fixtures come out as they say, and a back-test of exactly it over the whole fleet.
import type { Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { backTestOf, slowness, TOO_SLOW_MS } from "./back-test-of.ts";
import { missingKinds, tryDraft } from "./fixtures.ts";
import { type BackTestSummary, CheckDraft } from "./schema.ts";

/** "Not like this", in both languages. */
export const refused = (id: string, en: string, zh: string, details: Record<string, unknown> = {}): AppError =>
  new AppError("conflict", `custom check ${id}: ${en}`, {
    publicMessage: en,
    details: { refusal: { en, zh }, ...details },
    entity: ["check", id],
  });

/** @throws AppError("not_found") */
export async function readVersion(tx: Tx, id: string, version: number | undefined) {
  const found = await tx.customCheckVersion.findFirst({
    where: { checkId: id, ...(version === undefined ? {} : { version }) },
    orderBy: { version: "desc" },
    select: { version: true, definition: true },
  });
  const draft = CheckDraft.safeParse(found?.definition);
  if (!found || !draft.success)
    throw new AppError("not_found", `custom check ${id} ${version ?? ""}`, {
      publicMessage: "There is no such version.",
      entity: ["check", id],
    });
  return { version: found.version, draft: draft.data };
}

/** Refuses what has not been shown to work: fixtures, and a look of exactly this version at the whole fleet. */
export async function requireProof(tx: Tx, id: string, version: number, draft: CheckDraft): Promise<BackTestSummary> {
  const tried = tryDraft(id, draft);
  if (!tried.isPassed) {
    const lacks = missingKinds(draft);
    throw lacks.length > 0
      ? refused(
          id,
          "Its fixtures must show at least one problem and one ok.",
          "其样例须至少包含一个有问题和一个正常的情形。",
          { lacks },
        )
      : refused(id, "Its fixtures do not come out as they say.", "其样例结果与预期不符。", { tried });
  }
  const backTest = await backTestOf(tx, id, version);
  if (!backTest)
    throw refused(
      id,
      `Back-test version ${version} over the whole fleet first.`,
      `请先在整个机群上回测版本 ${version}。`,
    );
  const perNodeMs = slowness(backTest);
  if (perNodeMs !== null)
    throw refused(
      id,
      `It takes ${perNodeMs.toFixed(1)} ms a node; ${TOO_SLOW_MS} ms are allowed.`,
      `每个节点耗时 ${perNodeMs.toFixed(1)} 毫秒，上限为 ${TOO_SLOW_MS} 毫秒。`,
    );
  return backTest;
}

/** The same of a stored version. @throws AppError("conflict" | "not_found") with the refusal */
export async function requireProvenVersion(tx: Tx, id: string, version: number): Promise<void> {
  const { draft } = await readVersion(tx, id, version);
  await requireProof(tx, id, version, draft);
}
