// What the lines so far amount to: occurrences per rule and subject, what was cleared, what waits for its second line. Pure: state and line in,
// state out, so that it survives a restart of the agent as plain JSON.
import type { z } from "zod";
import type { LogMatchFact } from "../protocol/facts-log.ts";
import type { LogLine } from "./line.ts";
import type { Hit, Matcher } from "./matcher.ts";
import { type LogRule, RECENT_MAX, subjectOf } from "./rule.ts";

/** As the fact tells it; never changed in place. */
export type LogMatch = z.infer<typeof LogMatchFact>;

type Waiting = { rule: string; key: string; captures: Record<string, string>; line: LogLine; linesLeft: number };

/** Plain JSON; never changed in place. */
export type LogState = { matches: Record<string, LogMatch>; waiting: Waiting[] };

export const EMPTY_LOG_STATE: LogState = { matches: {}, waiting: [] };

export const MATCHES_MAX = 100;
export const LINES_MAX = 5;
export const LINE_KEPT_CHARS = 500;
/** First lines that wait for their second at a time; beyond it the oldest is given up. */
const WAITING_MAX = 16;
/** Two lines with the same `sameBy` captures within this tell of one occurrence, ms. */
const SAME_WITHIN_MS = 10_000;
/** What was cleared stays visible for this long, ms. */
const CLEARED_KEPT_MS = 3_600_000;

const keyOf = (rule: LogRule, subject: string) => `${rule.id}|${subject}`;

/** Takes one message (its text as plainMessage gives it). The same object comes back when the line says nothing. */
export function observe(state: LogState, line: LogLine, matcher: Matcher): LogState {
  const hits = matcher.find(line);
  if (hits.length === 0 && state.waiting.length === 0) return state;
  let next = countDown(state, line);
  for (const hit of hits) {
    if (hit.role === "follow") next = followed(next, hit, line);
    else if (hit.role === "clear") next = cleared(next, hit, line);
    else if (hit.rule.follow?.isRequired) next = waiting(next, hit, line);
    else {
      next = occurred(next, hit.rule, hit.captures, [line]);
      if (hit.rule.follow) next = waiting(next, hit, line);
    }
  }
  return next;
}

/** Forgets what is over: last seen longer ago than its rule's ttl, or cleared long ago, or of a rule that is gone. */
export function forget(state: LogState, now: number, rules: ReadonlyMap<string, LogRule>): LogState {
  const kept = Object.entries(state.matches).filter(([, match]) => {
    const ttlMs = rules.get(match.rule)?.ttlMs;
    if (ttlMs === undefined || now - match.lastAt > ttlMs) return false;
    return match.clearedAt === null || now - match.clearedAt <= CLEARED_KEPT_MS;
  });
  return kept.length === Object.keys(state.matches).length ? state : { ...state, matches: Object.fromEntries(kept) };
}

/** Most recent first, as the fact lists them. */
export const matchesOf = (state: LogState): LogMatch[] =>
  Object.values(state.matches).sort((a, b) => b.lastAt - a.lastAt || (a.subject < b.subject ? -1 : 1));

function countDown(state: LogState, line: LogLine): LogState {
  if (state.waiting.length === 0) return state;
  const left = state.waiting
    .map((one) => (one.line.source === line.source ? { ...one, linesLeft: one.linesLeft - 1 } : one))
    .filter((one) => one.linesLeft >= 0);
  return { ...state, waiting: left };
}

function waiting(state: LogState, hit: Hit, line: LogLine): LogState {
  const key = keyOf(hit.rule, subjectOf(hit.rule.subject, hit.captures));
  const one = { rule: hit.rule.id, key, captures: hit.captures, line, linesLeft: hit.rule.follow?.lines ?? 0 };
  return { ...state, waiting: [...state.waiting, one].slice(-WAITING_MAX) };
}

function followed(state: LogState, hit: Hit, line: LogLine): LogState {
  const { follow } = hit.rule;
  const first = state.waiting.find(
    (one) =>
      one.rule === hit.rule.id && one.line.source === line.source && line.at - one.line.at <= (follow?.withinMs ?? 0),
  );
  if (!first) return state;
  const rest = { ...state, waiting: state.waiting.filter((one) => one !== first) };
  const captures = { ...first.captures, ...hit.captures };
  if (follow?.isRequired) return occurred(rest, hit.rule, captures, [first.line, line]);
  // The occurrence was counted with its first line; the second only says more, of the subject too.
  const known = rest.matches[first.key];
  if (!known) return rest;
  const subject = subjectOf(hit.rule.subject, captures);
  const told = { ...known, subject, captures, lines: withLines(known.lines, [line]) };
  const { [first.key]: _, ...others } = rest.matches;
  const before = others[keyOf(hit.rule, subject)];
  return {
    ...rest,
    matches: { ...others, [keyOf(hit.rule, subject)]: before ? merged(before, told) : told },
  };
}

const merged = (a: LogMatch, b: LogMatch): LogMatch => ({
  ...b,
  count: a.count + b.count,
  firstAt: Math.min(a.firstAt, b.firstAt),
  recent: [...a.recent, ...b.recent].sort((x, y) => x - y).slice(-RECENT_MAX),
  lines: withLines(
    a.lines,
    b.lines.map((text) => ({ text })),
  ),
});

function cleared(state: LogState, hit: Hit, line: LogLine): LogState {
  const subject = subjectOf(hit.rule.subject, hit.captures);
  const isAll = Object.keys(hit.captures).length === 0;
  let isChanged = false;
  const matches = Object.fromEntries(
    Object.entries(state.matches).map(([key, match]) => {
      if (match.rule !== hit.rule.id || match.isCleared || !(isAll || match.subject === subject)) return [key, match];
      isChanged = true;
      return [key, { ...match, isCleared: true, clearedAt: line.at, lines: withLines(match.lines, [line]) }];
    }),
  );
  return isChanged ? { ...state, matches } : state;
}

function occurred(
  state: LogState,
  rule: LogRule,
  captures: Record<string, string>,
  lines: readonly LogLine[],
): LogState {
  const subject = subjectOf(rule.subject, captures);
  const key = keyOf(rule, subject);
  const at = lines.at(-1)?.at ?? 0;
  const known = state.matches[key];
  const match =
    known && !known.isCleared ? again(known, rule, captures, lines, at) : fresh(rule, subject, captures, lines, at);
  const matches = { ...state.matches, [key]: match };
  if (!known && Object.keys(matches).length > MATCHES_MAX) delete matches[leastWanted(matches, key)];
  return { ...state, matches };
}

const fresh = (
  rule: LogRule,
  subject: string,
  captures: Record<string, string>,
  lines: readonly LogLine[],
  at: number,
): LogMatch => ({
  rule: rule.id,
  source: lines[0]?.source ?? "kernel",
  subject,
  count: 1,
  firstAt: at,
  lastAt: at,
  recent: [at],
  isCleared: false,
  clearedAt: null,
  lines: withLines([], lines),
  captures,
});

function again(
  known: LogMatch,
  rule: LogRule,
  captures: Record<string, string>,
  lines: readonly LogLine[],
  at: number,
): LogMatch {
  const told = { ...known, captures: { ...known.captures, ...captures }, lines: withLines(known.lines, lines) };
  const isSame =
    rule.sameBy !== undefined &&
    at - known.lastAt <= SAME_WITHIN_MS &&
    rule.sameBy.every((name) => captures[name] !== undefined && captures[name] === known.captures[name]);
  if (isSame) return told;
  return {
    ...told,
    captures,
    count: known.count + 1,
    lastAt: Math.max(at, known.lastAt),
    recent: [...known.recent, at].slice(-RECENT_MAX),
  };
}

const withLines = (known: readonly string[], lines: readonly { text: string }[]): string[] =>
  [...known, ...lines.map(({ text }) => text.slice(0, LINE_KEPT_CHARS))].slice(-LINES_MAX);

/** Cleared ones first, then the one that was last seen longest ago; never the newcomer. */
function leastWanted(matches: Readonly<Record<string, LogMatch>>, newcomer: string): string {
  const [least] = Object.entries(matches)
    .filter(([key]) => key !== newcomer)
    .sort(([, a], [, b]) => Number(b.isCleared) - Number(a.isCleared) || a.lastAt - b.lastAt);
  return least?.[0] ?? newcomer;
}
