import { expect, test } from "vitest";
import { toSegments } from "./history.ts";

const at = (minute: number): Date => new Date(Date.UTC(2026, 0, 1, 0, minute));
const change = (to: string, minute: number) => ({ to, reason: "", at: at(minute) });
const shape = (segments: ReturnType<typeof toSegments>) =>
  segments.map((s) => `${s.state} ${s.from.getUTCMinutes()}-${s.to.getUTCMinutes()}`);

test.each([
  {
    name: "a node without changes keeps what it had",
    changes: [],
    before: { to: "healthy", reason: "" },
    want: ["healthy 0-30"],
  },
  {
    name: "before enrolment there is a gap, not a colour",
    changes: [change("healthy", 10)],
    before: null,
    want: ["healthy 10-30"],
  },
  {
    name: "changes cut the time",
    changes: [change("unhealthy", 5), change("healthy", 20)],
    before: { to: "healthy", reason: "" },
    want: ["healthy 0-5", "unhealthy 5-20", "healthy 20-30"],
  },
  {
    name: "two changes at one instant leave no empty segment",
    changes: [change("unhealthy", 5), change("degraded", 5)],
    before: { to: "healthy", reason: "" },
    want: ["healthy 0-5", "degraded 5-30"],
  },
  {
    name: "a state nobody knows is unknown",
    changes: [],
    before: { to: "purple", reason: "" },
    want: ["unknown 0-30"],
  },
])("$name", ({ changes, before, want }) => {
  expect(shape(toSegments(changes, before, at(0), at(30)))).toEqual(want);
});
