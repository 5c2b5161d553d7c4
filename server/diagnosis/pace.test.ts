import { expect, test } from "vitest";
import { type Actor, systemActor } from "../core/context.ts";
import { TextPace } from "./pace.ts";
import { TEXT_MAX } from "./schema.ts";

const actor = (id: string): Actor => ({ ...systemActor(id) });

/** How many of these texts are taken before one is refused. */
function taken(pace: TextPace, who: string, characters: number): number {
  for (let count = 0; count < 10_000; count++)
    try {
      pace.take(actor(who), characters);
    } catch (err) {
      expect(err).toMatchObject({ code: "too_many" });
      return count;
    }
  throw new Error("never refused");
}

test("long texts run out soon, ordinary ones do not; others are not held back; time gives it back", () => {
  let now = 0;
  const pace = new TextPace(() => now);
  expect(taken(pace, "a", TEXT_MAX)).toBe(6);
  expect(taken(pace, "b", 2_000)).toBeGreaterThan(500);
  expect(() => pace.take(actor("a"), TEXT_MAX)).toThrow();
  now += 3_100;
  expect(taken(pace, "a", TEXT_MAX)).toBe(1 + 0);
  now += 3_600_000;
  expect(taken(pace, "a", TEXT_MAX)).toBe(6);
});
