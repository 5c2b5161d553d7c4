// The modes that a rollout may bring are those that a person may set.
import { expect, it } from "vitest";
import { checkModes } from "../../changes/check.ts";
import { modes } from "./schema.ts";

it("are the same in both places", () => expect(checkModes).toEqual(modes));
