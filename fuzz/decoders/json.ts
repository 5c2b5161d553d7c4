// JSON as every boundary reads it: text that is not JSON is a refusal.

/** The value in a box, or null when the text is no JSON. */
export function readJson(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch (err) {
    if (err instanceof SyntaxError) return null;
    throw err;
  }
}
