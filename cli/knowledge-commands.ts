// Commands about the knowledge base.
import { type Command, Option } from "commander";
import { runs, wholeNumber } from "./define.ts";

const withLanguage = (command: Command) =>
  command.addOption(new Option("--lang <language>", "of titles and texts").choices(["en", "zh"]));

export function knowledgeCommands(program: Command): void {
  const knowledge = program.command("knowledge").description("articles: what checks and causes mean, and what to do");
  runs(
    withLanguage(
      knowledge
        .command("search [words...]", { isDefault: true })
        .description("find articles; misspelt words are found, too"),
    )
      .addOption(new Option("--kind <kind>", "of which kind").choices(["all", "check", "cause"]).default("all"))
      .option("--page <n>", "page of the list", wholeNumber(1, 1_000_000), 1)
      .option("--page-size <n>", "rows of a page", wholeNumber(1, 200), 50)
      .addHelpText(
        "after",
        "\nExit codes: 0 found, 1 nothing fits.\n\nExamples:\n  ./nodeops knowledge search conntrack full\n  ./nodeops knowledge search 内存超限 --lang zh",
      ),
    () => import("./commands/knowledge.ts").then((m) => m.search),
  );
  runs(
    withLanguage(knowledge.command("show <article>").description("read one: a cause, a check, cause/… or check/…")),
    () => import("./commands/knowledge.ts").then((m) => m.show),
  );
  runs(
    knowledge
      .command("export <folder>")
      .description("write them as Markdown files")
      .option("--own", "only what was written or changed here"),
    () => import("./commands/knowledge.ts").then((m) => m.exportTo),
  );
  runs(
    knowledge
      .command("import <paths...>")
      .description("bring files or folders in as drafts; people publish them")
      .option("--dry-run", "only say what would come of it")
      .addHelpText(
        "after",
        "\nExit codes: 0 all taken, 1 some were refused.\n\nExamples:\n  ./nodeops knowledge import articles/ --dry-run",
      ),
    () => import("./commands/knowledge.ts").then((m) => m.importFrom),
  );
}
