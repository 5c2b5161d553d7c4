// When silence counts: whole stories with a clock of their own.
import { expect, test } from "vitest";
import { LISTEN_GRACE_MS, NOT_REPORTING_AFTER_MS } from "../protocol/constants.ts";
import { createLiveness } from "./liveness.ts";

const nobody = () => false;

function ready(at = 0) {
  const liveness = createLiveness();
  liveness.listening(at);
  liveness.databaseOk(at);
  return liveness;
}

test("a lost session is overdue only after the whole silence", () => {
  const liveness = ready();
  const t = LISTEN_GRACE_MS * 2;
  liveness.lost("a", t);
  expect(liveness.overdue(["a"], nobody, t + NOT_REPORTING_AFTER_MS - 1)).toEqual([]);
  expect(liveness.overdue(["a"], nobody, t + NOT_REPORTING_AFTER_MS)).toEqual(["a"]);
});

test("a reconnect within the silence leaves no trace", () => {
  const liveness = ready();
  const t = LISTEN_GRACE_MS * 2;
  liveness.lost("a", t);
  liveness.opened("a");
  liveness.lost("a", t + NOT_REPORTING_AFTER_MS - 1);
  expect(liveness.overdue(["a"], nobody, t + NOT_REPORTING_AFTER_MS + 1)).toEqual([]);
});

test("after a start nobody is overdue before the grace period, however long the table says they were away", () => {
  const liveness = ready(1_000);
  for (let t = 1_000; t < 1_000 + LISTEN_GRACE_MS; t += 5_000) expect(liveness.overdue(["a"], nobody, t)).toEqual([]);
  expect(liveness.overdue(["a"], nobody, 1_000 + LISTEN_GRACE_MS)).toEqual(["a"]);
});

test("without the port or the database nobody is overdue at all", () => {
  const liveness = createLiveness();
  liveness.databaseOk(0);
  expect(liveness.overdue(["a"], nobody, 1e9)).toEqual([]);
  liveness.listening(1e9);
  liveness.databaseLost();
  expect(liveness.overdue(["a"], nobody, 2e9)).toEqual([]);
});

test("an outage of the database begins the grace period anew", () => {
  const liveness = ready();
  const t = LISTEN_GRACE_MS * 3;
  liveness.overdue(["a"], nobody, t - NOT_REPORTING_AFTER_MS);
  liveness.databaseLost();
  liveness.databaseOk(t);
  expect(liveness.overdue(["a"], nobody, t + LISTEN_GRACE_MS - 1)).toEqual([]);
  expect(liveness.overdue(["a"], nobody, t + LISTEN_GRACE_MS)).toEqual(["a"]);
});

test("a process that stood still was deaf meanwhile", () => {
  const liveness = ready();
  const t = LISTEN_GRACE_MS * 5;
  liveness.overdue(["a"], nobody, t - NOT_REPORTING_AFTER_MS);
  liveness.stalled(t);
  expect(liveness.overdue(["a"], nobody, t + 1)).toEqual([]);
});

test("a node with a session here is not overdue, whatever the table says", () => {
  const liveness = ready();
  const t = LISTEN_GRACE_MS * 2;
  expect(liveness.overdue(["a", "b"], (id) => id === "a", t)).toEqual([]);
  expect(liveness.overdue(["a", "b"], (id) => id === "a", t + NOT_REPORTING_AFTER_MS)).toEqual(["b"]);
});
