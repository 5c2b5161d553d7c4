// The page about the catalogue is the catalogue's.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { CATALOGUE_DOC, catalogueDoc } from "./catalogue-doc.ts";

it("docs/catalogue.md is current: `node scripts/catalogue-doc.ts` writes it", () => {
  expect(readFileSync(CATALOGUE_DOC, "utf8")).toBe(catalogueDoc());
});
