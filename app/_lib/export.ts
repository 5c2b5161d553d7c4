// Lists as files: all pages of a list are read and written as CSV or JSON. The text part is pure.

/** Most rows that one export holds; the file's name says when there were more. */
export const EXPORT_ROWS_MAX = 20_000;

type Cell = string | number | boolean | null | undefined | Date | object;

function cellText(value: Cell): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return value.toISOString();
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  // Spreadsheets run what begins like a formula, in some languages full-width signs too.
  const safe = typeof value === "string" && /^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text;
  // Where the decimal sign is a comma they split at semicolons: an unquoted one would begin a new cell.
  return /[",;\t\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** RFC 4180 with a header line; columns in the order of the first row. */
export function toCsv(rows: Record<string, Cell>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  return [columns.join(","), ...rows.map((row) => columns.map((column) => cellText(row[column])).join(","))].join(
    "\r\n",
  );
}

/** Reads page after page until the list ends or is long enough. */
export async function readAll<Row>(read: (page: number) => Promise<{ rows: Row[]; total: number }>): Promise<Row[]> {
  const rows: Row[] = [];
  for (let page = 1; rows.length < EXPORT_ROWS_MAX; page += 1) {
    const part = await read(page);
    rows.push(...part.rows);
    if (part.rows.length === 0 || rows.length >= part.total) break;
  }
  return rows;
}

/** Hands a file to the browser. */
export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
