// Small parts that checks of machine and services are made of: a level with hysteresis, and evidence in one line.
import type { FactKind } from "../protocol/facts.ts";
import type { Text } from "../protocol/text.ts";
import type { Evidence } from "./define.ts";

/** Over `raise`, or still over `clear` while its finding is open. */
export const isOver = (value: number, isOpen: boolean, raise: number, clear: number): boolean =>
  value >= (isOpen ? clear : raise);

/** Under `raise`, or still under `clear` while its finding is open. */
export const isUnderLevel = (value: number, isOpen: boolean, raise: number, clear: number): boolean =>
  value < (isOpen ? clear : raise);

type Unit = Extract<Evidence, { kind: "number" }>["unit"];

/** A number as evidence. */
export const numberOf = (label: Text, source: FactKind, value: number, unit: Unit, threshold?: number): Evidence =>
  threshold === undefined
    ? { label, source, kind: "number", value, unit }
    : { label, source, kind: "number", value, unit, threshold };

/** A table as evidence, its first 20 rows. */
export const tableOf = (label: Text, source: FactKind, columns: string[], rows: (string | number)[][]): Evidence => ({
  label,
  source,
  kind: "table",
  columns,
  rows: rows.slice(0, 20),
});

/** A line of text as evidence. */
export const textOf = (label: Text, source: FactKind, value: string): Evidence => ({
  label,
  source,
  kind: "text",
  value,
});
