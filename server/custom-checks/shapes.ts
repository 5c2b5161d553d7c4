// What facts look like to an expression: zod schemas of protocol/facts.ts as small shapes, so that a misspelt field is an error before anything runs.
import { type FactKind, factSchemas } from "../../protocol/facts.ts";

/** Any of them may be null in a fact; that is met when it runs (`x != null && …`). */
export type Shape =
  | { kind: "any" }
  | { kind: "number" }
  | { kind: "bool" }
  | { kind: "null" }
  /** `values`: the only ones there are. */
  | { kind: "text"; values?: readonly string[] }
  | { kind: "list"; of: Shape }
  /** Any key → one shape. */
  | { kind: "map"; of: Shape }
  | { kind: "object"; fields: ReadonlyMap<string, Shape> };

export const ANY: Shape = { kind: "any" };
export const NUMBER: Shape = { kind: "number" };
export const BOOL: Shape = { kind: "bool" };
export const TEXT: Shape = { kind: "text" };

/** What we read of a zod schema: its definition. */
type Def = {
  type: string;
  shape?: Record<string, { def: Def }>;
  element?: { def: Def };
  valueType?: { def: Def };
  innerType?: { def: Def };
  entries?: Record<string, string | number>;
  values?: unknown[];
  options?: { def: Def }[];
};

function shapeOfDef(def: Def): Shape {
  switch (def.type) {
    case "object":
      return {
        kind: "object",
        fields: new Map(Object.entries(def.shape ?? {}).map(([name, one]) => [name, shapeOfDef(one.def)])),
      };
    case "array":
      return { kind: "list", of: def.element ? shapeOfDef(def.element.def) : ANY };
    case "record":
      return { kind: "map", of: def.valueType ? shapeOfDef(def.valueType.def) : ANY };
    case "nullable":
    case "optional":
    case "default":
    case "prefault":
    case "readonly":
      return def.innerType ? shapeOfDef(def.innerType.def) : ANY;
    case "enum":
      return { kind: "text", values: Object.values(def.entries ?? {}).map(String) };
    case "literal": {
      const values = def.values ?? [];
      return values.every((one) => typeof one === "string") ? { kind: "text", values } : ANY;
    }
    case "string":
      return TEXT;
    case "number":
    case "int":
      return NUMBER;
    case "boolean":
      return BOOL;
    case "null":
      return { kind: "null" };
    case "union":
      return unionOf((def.options ?? []).map((one) => shapeOfDef(one.def)));
    default:
      return ANY;
  }
}

/** Fields of any of them; what differs can be anything. */
function unionOf(shapes: Shape[]): Shape {
  const fields = new Map<string, Shape>();
  for (const shape of shapes) {
    if (shape.kind !== "object") return shapes.every(({ kind }) => kind === shapes[0]?.kind) ? (shapes[0] ?? ANY) : ANY;
    for (const [name, one] of shape.fields)
      fields.set(name, fields.get(name)?.kind === one.kind ? one : fields.has(name) ? ANY : one);
  }
  return { kind: "object", fields };
}

/** The shape of a kind of fact's data. */
export const factShape = (kind: FactKind): Shape => shapeOfDef(factSchemas[kind].def as unknown as Def); // zod's own structure, read and never changed

/** For people: "number", "text", "list of object". */
export function shapeName(shape: Shape): { en: string; zh: string } {
  switch (shape.kind) {
    case "any":
      return { en: "anything", zh: "任意值" };
    case "number":
      return { en: "a number", zh: "数字" };
    case "bool":
      return { en: "true or false", zh: "布尔值" };
    case "null":
      return { en: "null", zh: "null" };
    case "text":
      return { en: "text", zh: "文本" };
    case "list":
      return { en: "a list", zh: "列表" };
    case "map":
      return { en: "a map", zh: "映射" };
    case "object":
      return { en: "an object", zh: "对象" };
  }
}
