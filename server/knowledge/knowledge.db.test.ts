// The knowledge base on a real PostgreSQL: from a draft to what counts, two people, nobody's text lost, files out and in.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { diagnose } from "../../diagnosis/diagnose.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { contextWith } from "../../testing/fleet.ts";
import type { Role } from "../core/access.ts";
import type { Context } from "../core/context.ts";
import { reviewVersion, submitVersion } from "./decide.ts";
import { effectiveKnowledge } from "./effective.ts";
import { exportFiles, importFiles } from "./files.ts";
import { getArticle } from "./get.ts";
import { listArticles } from "./list.ts";
import { previewDraft, saveDraft } from "./save.ts";

let database: TestDatabase;
let minute = 0;
const now = () => new Date(Date.UTC(2026, 2, 1) + ++minute * 60_000);

/** A person with a role in the whole fleet. */
async function person(name: string, role: Role): Promise<Context> {
  const { id } = await database.prisma.user.create({
    data: {
      id: name,
      name,
      email: `${name}@example.org`,
      emailVerified: true,
      role,
      createdAt: now(),
      updatedAt: now(),
    },
    select: { id: true },
  });
  const context = contextWith(database.as("web"), [{ role, selector: "*" }], { name, now });
  return { ...context, actor: { ...context.actor, kind: "token", ownerId: id } as Context["actor"] };
}

let writer: Context;
let reviewer: Context;
let reader: Context;

beforeAll(async () => {
  database = await testDatabase();
  writer = await person("wanda", "admin");
  reviewer = await person("rita", "approver");
  reader = await person("udo", "user");
});
beforeEach(() => database.prisma.articleVersion.deleteMany());
afterAll(() => database.drop());

const text = (id: string, title: string, chinese = false) => {
  const headings = chinese
    ? ["你会看到", "这意味着什么", "你的容器还是节点", "你可以做什么", "SRE 怎么做"]
    : ["What you see", "What it means", "Yours or ours", "What you can do", "What an SRE does"];
  return `---\ntitle: ${title}\ncause: ${id}\n---\n\n${headings.map((heading) => `## ${heading}\n\ntext\n`).join("\n")}`;
};
const own = {
  articleId: "cause/frobnicator-stuck",
  en: text("frobnicator-stuck", "The frobnicator is stuck"),
  zh: text("frobnicator-stuck", "Frobnicator 卡住", true),
  cause: {
    side: "ours" as const,
    signatures: [{ match: String.raw`frobnicator \S+ refused to turn`, strength: "proof" as const }],
    words: "frobnicator stuck",
    fits: ['time=12:00 level=error msg="frobnicator f-17 refused to turn"'],
    fitsNot: ["the frobnicator turns"],
  },
};

async function published(draft: typeof own): Promise<void> {
  const saved = await saveDraft.call(writer, { ...draft, seen: 0 });
  await submitVersion.call(writer, saved);
  await reviewVersion.call(reviewer, { ...saved, act: "publish" });
}

test("written, reviewed by another, published: it is read, found although misspelt, and answers what is pasted; withdrawn it is gone", async () => {
  const saved = await saveDraft.call(writer, { ...own, seen: 0 });
  expect((await listArticles.call(writer, { search: "frobnicator" })).rows.map(({ open }) => open)).toEqual(["draft"]);
  expect((await listArticles.call(reader, { search: "frobnicator" })).rows, "a reader sees no drafts").toEqual([]);
  await expect(getArticle.call(reader, own)).rejects.toMatchObject({ code: "not_found" });
  await submitVersion.call(writer, saved);
  await expect(reviewVersion.call(writer, { ...saved, act: "publish" })).rejects.toMatchObject({ code: "conflict" });
  await reviewVersion.call(reviewer, { ...saved, act: "publish" });

  const { rows } = await listArticles.call(reader, { search: "frobnicater stuk" });
  expect(rows[0]).toMatchObject({ articleId: own.articleId, origin: "own", side: "ours", open: null });
  const page = await getArticle.call(reader, { articleId: own.articleId });
  expect(page.body?.zh).toContain("你会看到");
  expect(page.versions, "a reader sees no versions").toEqual([]);
  const { causes } = await effectiveKnowledge(database.as("web"));
  expect(diagnose("frobnicator f-3 refused to turn", causes).causes[0]?.id).toBe("frobnicator-stuck");

  await reviewVersion.call(reviewer, { ...saved, act: "withdraw" });
  await expect(getArticle.call(reader, { articleId: "cause/never-written" })).rejects.toMatchObject({
    code: "not_found",
  });
  expect((await listArticles.call(reader, { search: "frobnicator" })).rows).toEqual([]);
});

test("what is changed here stands in for what was built in, and gives way again", async () => {
  const articleId = "check/runtime-down";
  const before = await getArticle.call(writer, { articleId });
  const en = before.text?.en.replace("## Meaning\n", "## Meaning\n\nOur fleet: see the wiki.\n") ?? "";
  const saved = await saveDraft.call(writer, { articleId, en, zh: before.text?.zh ?? "", cause: null, seen: 0 });
  await submitVersion.call(writer, saved);
  await reviewVersion.call(reviewer, { ...saved, act: "publish" });
  expect(await getArticle.call(reader, { articleId })).toMatchObject({ origin: "changed", text: { en } });
  await reviewVersion.call(reviewer, { ...saved, act: "withdraw" });
  expect(await getArticle.call(reader, { articleId })).toMatchObject({ origin: "built-in", text: before.text });
});

test("a newer version of somebody else is not written over; one's own draft goes on", async () => {
  const first = await saveDraft.call(writer, { ...own, seen: 0 });
  const again = await saveDraft.call(writer, { ...own, en: `${own.en}\nmore`, seen: first.version });
  expect(again.version).toBe(first.version);
  await expect(saveDraft.call(writer, { ...own, seen: 0 })).rejects.toMatchObject({ code: "conflict" });
});

test("what a reviewer looks at is what they publish: a returned version is not written over", async () => {
  const saved = await saveDraft.call(writer, { ...own, seen: 0 });
  await submitVersion.call(writer, saved);
  await reviewVersion.call(writer, { ...saved, act: "return" });
  const changed = await saveDraft.call(writer, { ...own, en: `${own.en}\nmore`, seen: saved.version });
  expect(changed.version).toBe(saved.version + 1);
  await submitVersion.call(writer, changed);
  const stale = reviewVersion.call(reviewer, { ...saved, act: "publish" });
  await expect(stale, "a page that still shows the first text").rejects.toMatchObject({ code: "conflict" });
});

test("who may publish by a grant is a second person as well", async () => {
  const { prisma } = database;
  const saved = await saveDraft.call(writer, { ...own, seen: 0 });
  await submitVersion.call(writer, saved);
  await prisma.user.update({ where: { id: "rita" }, data: { role: "viewer" }, select: { id: true } });
  const grant = { userId: "rita", role: "approver", selector: "*", createdBy: "user:wanda", createdAt: now() };
  await prisma.grant.create({ data: grant, select: { id: true } });
  try {
    await expect(reviewVersion.call(writer, { ...saved, act: "publish" })).rejects.toMatchObject({ code: "conflict" });
  } finally {
    await prisma.grant.deleteMany({ where: { userId: "rita" } });
    await prisma.user.update({ where: { id: "rita" }, data: { role: "approver" }, select: { id: true } });
  }
});

test("an older version is not published over a newer one", async () => {
  const older = await saveDraft.call(writer, { ...own, seen: 0 });
  await submitVersion.call(writer, older);
  const newer = await saveDraft.call(writer, { ...own, en: `${own.en}\nmore`, seen: older.version });
  await submitVersion.call(writer, newer);
  await reviewVersion.call(reviewer, { ...newer, act: "publish" });
  const late = reviewVersion.call(reviewer, { ...older, act: "publish" });
  await expect(late).rejects.toMatchObject({ code: "conflict" });
  expect((await getArticle.call(reader, { articleId: own.articleId })).text?.en).toContain("more");
});

test("proof texts are what people pasted: readers do not get them", async () => {
  await published(own);
  expect((await getArticle.call(writer, { articleId: own.articleId })).cause?.fits).toEqual(own.cause.fits);
  expect((await getArticle.call(reader, { articleId: own.articleId })).cause).toBeNull();
});

test("a draft may be wrong, what is sent to review may not", async () => {
  const wrong = { ...own, en: "no front matter", cause: { ...own.cause, fits: ["something else"] } };
  const saved = await saveDraft.call(writer, { ...wrong, seen: 0 });
  const report = await previewDraft.call(writer, wrong);
  expect(report.problems.map(({ at, path }) => [at, path])).toEqual([
    ["en", ""],
    ["cause", "fits.0"],
  ]);
  await expect(submitVersion.call(writer, saved)).rejects.toMatchObject({ code: "conflict" });
});

test.each([
  ["no plain text to look for", String.raw`\d+.*\w+`],
  ["RE2 does not take it", "frobnicator (?=x)"],
])("a signature that cannot be used is named: %s", async (_name, match) => {
  const cause = { ...own.cause, signatures: [{ match, strength: "proof" as const }] };
  const { problems } = await previewDraft.call(writer, { ...own, cause });
  expect(problems.map(({ path }) => path)).toEqual(["signatures.0"]);
});

test("a signature that would answer for other causes is sound by itself, and is not sent to review", async () => {
  const cause = {
    ...own.cause,
    signatures: [{ match: "error", strength: "proof" as const }],
    fits: ["an error of ours"],
  };
  const draft = { ...own, cause: { ...cause, fitsNot: [] } };
  expect((await previewDraft.call(writer, draft)).problems).toEqual([]);
  const saved = await saveDraft.call(writer, { ...draft, seen: 0 });
  await expect(submitVersion.call(writer, saved)).rejects.toMatchObject({
    publicMessage: expect.stringContaining("too wide"),
  });
});

test("signatures of built-in causes are not changed here", async () => {
  const id = "image-not-found";
  const draft = { articleId: `cause/${id}`, en: text(id, "A"), zh: "", cause: own.cause };
  expect((await previewDraft.call(writer, draft)).problems.map(({ at }) => at)).toContain("cause");
});

test("files: out as they count, unchanged they make no draft, a bad one keeps nothing else out", async () => {
  await published(own);
  const { files } = await exportFiles.call(reader, { origin: "own" });
  expect(files.map(({ path }) => path).sort()).toEqual([
    "causes/frobnicator-stuck.md",
    "causes/frobnicator-stuck.zh.md",
  ]);
  const changed = { path: "x/causes/frobnicator-stuck.md", text: own.en.replace("stuck\n", "stuck again\n") };
  const brought = [
    ...files.slice(1),
    changed,
    { path: "causes/bad.md", text: "---\ntitle: x\n---\n" },
    { path: "notes.txt", text: "" },
  ];
  const trial = await importFiles.call(writer, { files: brought, isTrial: true });
  expect(Object.fromEntries(trial.files.map(({ path, outcome }) => [path, outcome]))).toEqual({
    "causes/frobnicator-stuck.zh.md": "draft",
    "x/causes/frobnicator-stuck.md": "draft",
    "causes/bad.md": "refused",
    "notes.txt": "refused",
  });
  expect((await getArticle.call(writer, { articleId: own.articleId })).draft, "a trial stores nothing").toBeNull();
  await importFiles.call(writer, { files: brought, isTrial: false });
  expect((await getArticle.call(writer, { articleId: own.articleId })).draft?.en).toBe(changed.text);
  const unchanged = await importFiles.call(writer, { files, isTrial: false });
  expect(unchanged.drafts).toBe(0);
});
