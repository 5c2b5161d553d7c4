// Which nodes: a selector as data, and the one meaning of it. Text becomes a selector in parse.ts, a selector SQL in server/core/scope.ts.

/** A node's name or part of it: `web-*` has `anyAfter`, `*-01` has `anyBefore`. */
export type NamePattern = { text: string; anyBefore: boolean; anyAfter: boolean };

export const selectorFields = ["pool", "zone", "rack"] as const;
export type SelectorField = (typeof selectorFields)[number];

/** A tree, so that more ways to join selectors fit in later. */
export type Selector =
  /** The whole fleet, nodes that join later included. */
  | { kind: "all" }
  /** One of them; of none: no node. */
  | { kind: "or"; of: readonly Selector[] }
  | { kind: "and"; of: readonly Selector[] }
  | { kind: "not"; of: Selector }
  | { kind: "field"; field: SelectorField; values: readonly string[] }
  | { kind: "name"; patterns: readonly NamePattern[] }
  /** `values` null: the label is there, whatever it says. */
  | { kind: "label"; key: string; values: readonly string[] | null };

/** What a selector looks at. Labels are text; a name may be anything, `__proto__` too. */
export type SelectorNode = {
  name: string;
  pool: string;
  zone: string;
  rack: string;
  labels: Readonly<Record<string, string>>;
};

export const everything: Selector = { kind: "all" };
export const nothing: Selector = { kind: "or", of: [] };

/** Whether one of them selects it. With the whole fleet among them it is the whole fleet. */
export function union(selectors: readonly Selector[]): Selector {
  if (selectors.some(({ kind }) => kind === "all")) return everything;
  const [first, ...others] = selectors;
  return first && others.length === 0 ? first : { kind: "or", of: selectors };
}

function matchesName({ text, anyBefore, anyAfter }: NamePattern, name: string): boolean {
  if (anyBefore) return anyAfter ? name.includes(text) : name.endsWith(text);
  return anyAfter ? name.startsWith(text) : name === text;
}

/** Whether the selector selects the node. A label that is absent is neither equal to anything nor there; its negation holds. */
export function matches(selector: Selector, node: SelectorNode): boolean {
  switch (selector.kind) {
    case "all":
      return true;
    case "or":
      return selector.of.some((one) => matches(one, node));
    case "and":
      return selector.of.every((one) => matches(one, node));
    case "not":
      return !matches(selector.of, node);
    case "field":
      return selector.values.includes(node[selector.field]);
    case "name":
      return selector.patterns.some((pattern) => matchesName(pattern, node.name));
    case "label": {
      const value: unknown = Object.hasOwn(node.labels, selector.key) ? node.labels[selector.key] : undefined;
      if (typeof value !== "string") return false;
      return selector.values === null || selector.values.includes(value);
    }
  }
}
