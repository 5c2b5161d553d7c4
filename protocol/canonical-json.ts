// One text for one value: keys sorted, undefined left out; for hashes and for comparing with what jsonb gives back (it reorders keys).

/** Canonical JSON of a JSON-like value. Dates become ISO text, bigint decimal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(
    sorted(JSON.parse(JSON.stringify(value ?? null, (_key, v) => (typeof v === "bigint" ? v.toString() : v)))),
  );
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, v]) => [key, sorted(v)]),
  );
}
