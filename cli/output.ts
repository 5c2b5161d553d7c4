// How commands speak: tables and lines for people, JSON for machines, colour only on a terminal.
import { styleText } from "node:util";
import { escapeJson, plainLine, plainText } from "../parsers/plain-text.ts";

type Style = Parameters<typeof styleText>[0];

const hasColour = (stream: NodeJS.WriteStream) =>
  stream.isTTY === true && process.env.NO_COLOR === undefined && process.env.TERM !== "dumb";

/** Styles text for stdout; plain when stdout is no terminal or NO_COLOR is set. */
export const paint = (style: Style, text: string): string =>
  hasColour(process.stdout) ? styleText(style, text, { validateStream: false }) : text;

// What `paint` writes: weights and colours, nothing that hides. Of all escape sequences only these reach the terminal.
const ESCAPE = String.fromCharCode(27);
const STYLE = new RegExp(`${ESCAPE}\\[(?:[1-4]|2[2-4]|3\\d|9[0-7])m`, "g");

/** Text made inert except for the styles of `paint`. */
export function safeForTerminal(text: string): string {
  const styles = text.match(STYLE) ?? [];
  return text
    .split(STYLE)
    .map((part, i) => plainText(part) + (styles[i] ?? ""))
    .join("");
}

export const printLine = (text = ""): void => void process.stdout.write(`${safeForTerminal(text)}\n`);
/** The whole value, lossless: what a terminal would act on is written as \u escapes. */
export const printJson = (value: unknown): void =>
  void process.stdout.write(`${escapeJson(JSON.stringify(value, null, process.stdout.isTTY ? 2 : undefined))}\n`);

/** One column of a table: its heading, the cell's text, and an optional style by row. */
export type Column<Row> = {
  title: string;
  text: (row: Row) => string | number | null | undefined;
  style?: (row: Row) => Style | undefined;
};

// East Asian wide characters take two cells (Unicode TR11, the common blocks).
const widthOf = (text: string) =>
  [...text].reduce(
    (sum, char) =>
      sum +
      (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(char)
        ? 2
        : 1),
    0,
  );

/** Prints rows as aligned columns; `empty` when there are none. */
export function printTable<Row>(rows: readonly Row[], columns: Column<Row>[], empty: string): void {
  if (rows.length === 0) {
    printLine(empty);
    return;
  }
  const cells = rows.map((row) => columns.map(({ text }) => plainLine(String(text(row) ?? "–"))));
  const widths = columns.map(({ title }, i) =>
    Math.max(widthOf(title), ...cells.map((line) => widthOf(line[i] ?? ""))),
  );
  const pad = (text: string, i: number) =>
    i === columns.length - 1 ? text : text + " ".repeat((widths[i] ?? 0) - widthOf(text));
  printLine(paint("bold", columns.map(({ title }, i) => pad(title, i)).join("  ")));
  rows.forEach((row, r) => {
    const line = columns.map(({ style }, i) => {
      const padded = pad(cells[r]?.[i] ?? "", i);
      const chosen = style?.(row);
      return chosen ? paint(chosen, padded) : padded;
    });
    printLine(line.join("  "));
  });
}

/** "1.2 s", "350 ms", "2 min 5 s". */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(ms / 3_600_000)} h ${Math.round((ms % 3_600_000) / 60_000)} min`;
}

/** "3 min ago"-like age of an instant, coarse on purpose. */
export function age(at: Date | string | null | undefined, now = Date.now()): string {
  if (!at) return "never";
  const seconds = Math.max(0, Math.round((now - new Date(at).getTime()) / 1_000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

/** Mebibytes, rounded: "84 MB". */
export const megabytes = (bytes: number | null | undefined): string =>
  bytes == null ? "–" : `${Math.round(bytes / 1024 / 1024)} MB`;
