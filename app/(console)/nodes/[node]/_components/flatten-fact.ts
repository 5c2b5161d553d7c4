// A fact as lines of path and value, so that it can be searched and shown. Pure.
export type FactLine = { path: string; value: string };

/** Name of an element of a list: what identifies it, else its number. */
function elementName(element: unknown, index: number): string {
  if (typeof element !== "object" || element === null) return String(index);
  const named = element as Record<string, unknown>;
  for (const key of ["name", "mountPoint", "interface", "type", "id", "containerId"]) {
    const value = named[key];
    if (typeof value === "string" && value !== "") return value;
  }
  return String(index);
}

/** Instants are epoch ms in facts; people want a date. Keys that hold one end in "at" or "since". */
function leafText(value: unknown, path: string): string {
  if (value === null || value === undefined) return "–";
  const isInstant = typeof value === "number" && value > 1e11 && /(at|since)$/i.test(path);
  return isInstant ? new Date(value).toISOString() : String(value);
}

/** Leaves of `data` in their order; empty objects and lists count as leaves. */
export function flattenFact(data: unknown, path = ""): FactLine[] {
  const join = (key: string): string => (path === "" ? key : `${path} › ${key}`);
  if (Array.isArray(data)) {
    if (data.length === 0) return [{ path, value: "[]" }];
    if (data.every((element) => typeof element !== "object" || element === null))
      return [{ path, value: data.join(", ") }];
    return data.flatMap((element, i) => flattenFact(element, join(elementName(element, i))));
  }
  if (typeof data === "object" && data !== null) {
    const entries = Object.entries(data);
    if (entries.length === 0) return [{ path, value: "{}" }];
    return entries.flatMap(([key, value]) => flattenFact(value, join(key)));
  }
  return [{ path, value: leafText(data, path) }];
}

/** Lines that contain every word of `search` in path or value. */
export function matchLines(lines: FactLine[], search: string): FactLine[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return lines;
  return lines.filter((line) => {
    const text = `${line.path} ${line.value}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
