// The editor's fields: the example is a definition, every definition survives the way through the fields, faults name their field.
import { expect, test } from "vitest";
import { compileDraft } from "../../../../../server/custom-checks/compile.ts";
import { tryDraft } from "../../../../../server/custom-checks/fixtures.ts";
import { exampleFields, faultOf, fieldsOf, readFields } from "./draft.ts";

test("the example is a definition that compiles and passes its own fixtures", () => {
  const { id, draft, faults } = readFields(exampleFields);
  expect(faults).toEqual({});
  if (!draft || id === null) return expect.fail("no draft");
  expect(compileDraft(id, draft).ok).toBe(true);
  expect(tryDraft(id, draft)).toMatchObject({ errors: [], isPassed: true });
  expect(readFields(fieldsOf(id, draft))).toEqual({ id, draft, faults: {} });
});

test.each([
  [{ id: "Not_an_id" }, "id"],
  [{ problem: " " }, "problem"],
  [{ needs: "no-such-fact" }, "needs"],
  [{ fixtures: "[" }, "fixtures"],
  [{ titleEn: "" }, "title"],
  [{ raiseAfterS: "soon" }, "raiseAfterMs"],
])("%j: the fault stands at %s", (over, field) => {
  const { faults } = readFields({ ...exampleFields, ...over });
  expect(faultOf(faults, field)).not.toBeNull();
});
