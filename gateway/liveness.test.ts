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

test("a node whose connection broke is due within a second unless it is back, and handed out once", () => {
  const liveness = ready();
  const t = LISTEN_GRACE_MS * 2;
  liveness.lost("a", t, "cut");
  liveness.lost("b", t, "cut");
  expect(liveness.due(t + 500)).toEqual([]);
  liveness.opened("b");
  expect(liveness.due(t + 900)).toEqual(["a"]);
  expect(liveness.due(t + 1_000)).toEqual([]);
});

test("a node that was asked in vain is due at once, one that said good-bye is not", () => {
  const liveness = ready();
  const t = LISTEN_GRACE_MS * 2;
  liveness.lost("a", t, "silent");
  liveness.lost("b", t, "goodbye");
  expect(liveness.due(t)).toEqual(["a"]);
  expect(liveness.due(t + NOT_REPORTING_AFTER_MS)).toEqual(["b"]);
});

test("what broke while this process stood still is nobody's fault", () => {
  const liveness = ready();
  const t = LISTEN_GRACE_MS * 2;
  liveness.stalled(t);
  liveness.lost("a", t + 1, "cut");
  expect(liveness.due(t + LISTEN_GRACE_MS - 1)).toEqual([]);
  expect(liveness.due(t + LISTEN_GRACE_MS)).toEqual(["a"]);
});

test("a loss that the table does not know of yet is not forgotten by a sweep", () => {
  const liveness = ready();
  const t = LISTEN_GRACE_MS * 2;
  liveness.lost("a", t, "cut");
  expect(liveness.overdue([], nobody, t + 10)).toEqual([]);
  expect(liveness.due(t + 900)).toEqual(["a"]);
  liveness.overdue([], nobody, t + 60_000);
  expect(liveness.missing(t + 60_000)).toEqual([]);
});

test("what was handed out and could not be marked is found by the sweep", () => {
  const liveness = ready();
  const t = LISTEN_GRACE_MS * 2;
  liveness.lost("a", t, "cut");
  expect(liveness.due(t + 900)).toEqual(["a"]);
  expect(liveness.overdue(["a"], nobody, t + 5_000)).toEqual(["a"]);
});

test("who broke off is missing at once, who has just enrolled or stopped in good order only after a while", () => {
  const liveness = ready();
  const t = LISTEN_GRACE_MS * 2;
  liveness.lost("cut", t, "cut");
  liveness.lost("stopped", t, "goodbye");
  liveness.overdue(["enrolled"], nobody, t);
  expect(liveness.missing(t + 1)).toEqual(["cut"]);
  expect(liveness.missing(t + 11_000).toSorted()).toEqual(["cut", "enrolled", "stopped"]);
});
