// Splits an article's markdown at its headings. Pure; both kinds of articles are read by it.

/**
 * Text under each `## heading`, by id.
 * @param wanted headings in the order in which they must stand
 * @throws Error, beginning with `of`, naming a heading that is missing, empty, one too many or out of order
 */
export function sectionsOf<Id extends string>(
  of: string,
  content: string,
  wanted: readonly (readonly [Id, string])[],
): Record<Id, string> {
  const parts = content.split(/^## +(.+?) *$/m);
  const found = new Map<string, string>();
  const order: string[] = [];
  for (let i = 1; i < parts.length; i += 2) {
    order.push(parts[i] ?? "");
    found.set(parts[i] ?? "", (parts[i + 1] ?? "").trim());
  }
  const sections = wanted.map(([id, heading]) => {
    const body = found.get(heading);
    if (!body) throw new Error(`${of}: no text under "## ${heading}"`);
    return [id, body] as const;
  });
  const headings = wanted.map(([, heading]) => heading);
  if (order.join("/") !== headings.join("/"))
    throw new Error(`${of}: headings must be ${headings.join(", ")}, in this order`);
  return Object.fromEntries(sections) as Record<Id, string>; // one entry of each id
}
