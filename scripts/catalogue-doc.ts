// Writes docs/catalogue.md from the catalogue: every check and every repair, one line each. A test compares the file with what this would write.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Check, severities } from "../checks/define.ts";
import { checks } from "../checks/index.ts";
import type { RepairDefinition } from "../repairs/define.ts";
import { repairs } from "../repairs/index.ts";

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
const code = (ids: readonly string[]): string => ids.map((id) => `\`${id}\``).join(", ") || "–";

function checkTable(of: readonly Check[]): string[] {
  const sorted = [...of].sort(
    (a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity) || (a.id < b.id ? -1 : 1),
  );
  return [
    "| check | what it is | severity | repairs, least risk first |",
    "|---|---|---|---|",
    ...sorted.map((c) => `| \`${c.id}\` | ${cell(c.title.en)} | ${c.severity} | ${code(c.repairs)} |`),
  ];
}

/** The page's text. */
export function catalogueDoc(): string {
  const all: readonly Check[] = checks;
  const repairsAll: readonly RepairDefinition[] = repairs;
  const areas = [...new Set(all.map(({ area }) => area))].sort();
  return [
    "<!-- Written by scripts/catalogue-doc.ts; do not edit. -->",
    "# The catalogue",
    "",
    `${all.length} checks and ${repairsAll.length} repairs. Each check has an article in two languages, in the console and below [knowledge/articles](../knowledge/articles). How they work: [repairs.md](repairs.md), [inspection.md](inspection.md), [logs.md](logs.md).`,
    ...areas.flatMap((area) => ["", `## ${area}`, "", ...checkTable(all.filter((check) => check.area === area))]),
    "",
    "## Repairs",
    "",
    "| repair | what it does | risk | can be undone |",
    "|---|---|---|---|",
    ...[...repairsAll]
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map((r) => `| \`${r.id}\` | ${cell(r.title.en)} | ${r.risk} | ${r.undo ? "yes" : "–"} |`),
    "",
  ].join("\n");
}

/** Where it lies. */
export const CATALOGUE_DOC = join(import.meta.dirname, "../docs/catalogue.md");

if (import.meta.main) writeFileSync(CATALOGUE_DOC, catalogueDoc());
