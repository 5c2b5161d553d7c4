// From the schema of a change's parameters to form fields, and from what was typed back to parameters. Pure, and plain data: schemas stay on the server.
import { z } from "zod";

export type FieldType = "text" | "area" | "number" | "flag" | "lines" | "pairs" | "json" | "choice";

export type ParamField = {
  /** Path with dots: "action.type". "": all parameters at once. */
  name: string;
  type: FieldType;
  isRequired: boolean;
  /** Left empty it is null. */
  isNullable: boolean;
  /** What holds when nothing is typed, as text. */
  preset: string;
  choices: readonly string[];
  /** Characters. */
  max: number | null;
  /** Of the whole text, or of each line. */
  pattern: string | null;
};

/** What this console can tell by itself; the rest is said by the server. */
export type ParamFault = "missing" | "format" | "number" | "json";

type Json = {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  maxLength?: number;
  pattern?: string;
  properties?: Record<string, Json>;
  required?: string[];
  items?: Json;
  additionalProperties?: Json | boolean;
  anyOf?: Json[];
};

/** A longer text than this gets several lines. */
const LINE_MAX = 1_000;

/** Text of a value as its field shows it. */
export function textOf(type: FieldType, value: unknown): string {
  if (value === undefined || value === null) return "";
  if (type === "lines" && Array.isArray(value)) return value.join("\n");
  if (type === "pairs" && typeof value === "object")
    return Object.entries(value)
      .map(([key, one]) => `${key}=${one}`)
      .join("\n");
  return type === "json" ? JSON.stringify(value, null, 2) : String(value);
}

function typeOf(json: Json): FieldType {
  if (json.enum?.every((one) => typeof one === "string")) return "choice";
  if (json.type === "string") return (json.maxLength ?? 0) > LINE_MAX ? "area" : "text";
  if (json.type === "integer" || json.type === "number") return "number";
  if (json.type === "boolean") return "flag";
  if (json.type === "array" && json.items?.type === "string") return "lines";
  const rest = json.additionalProperties;
  return json.type === "object" && typeof rest === "object" && rest.type === "string" ? "pairs" : "json";
}

function fieldsIn(path: string, json: Json, isRequired: boolean): ParamField[] {
  const types: Json[] = Array.isArray(json.type) ? json.type.map((type) => ({ ...json, type })) : (json.anyOf ?? []);
  const others = types.filter((one) => one.type !== "null");
  const [only] = others;
  const isNullable = others.length < types.length;
  const real = only && others.length === 1 ? { ...only, default: json.default } : json;
  if (real.properties && !isNullable)
    return Object.entries(real.properties).flatMap(([name, one]) =>
      fieldsIn(path === "" ? name : `${path}.${name}`, one, isRequired && (real.required ?? []).includes(name)),
    );
  const type = typeOf(real);
  return [
    {
      name: path,
      type,
      isRequired,
      isNullable,
      preset: textOf(type, real.default),
      choices: type === "choice" ? (real.enum ?? []).map(String) : [],
      max: real.maxLength ?? null,
      pattern: real.pattern ?? real.items?.pattern ?? null,
    },
  ];
}

/** Fields in the order of the schema. A schema that is no plain object becomes one field of JSON, named "". */
export const fieldsOf = (params: z.ZodType): ParamField[] =>
  fieldsIn("", z.toJSONSchema(params, { io: "input", unrepresentable: "any" }) as Json, true); // of this shape as far as it is read here

const linesIn = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

function readPairs(text: string): Record<string, string> {
  return Object.fromEntries(
    linesIn(text).map((line) => {
      const at = line.indexOf("=");
      return at === -1 ? [line, ""] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    }),
  );
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No JSON: it stays text, which is a fault at its field.
    return text;
  }
}

function meaningOf(field: ParamField, text: string): unknown {
  if (text === "" && field.isNullable) return null;
  switch (field.type) {
    case "number":
      return Number(text);
    case "flag":
      return text === "true";
    case "lines":
      return linesIn(text);
    case "pairs":
      return readPairs(text);
    case "json":
      return readJson(text);
    case "area":
      return text;
    case "text":
    case "choice":
      return text.trim();
  }
}

function put(into: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name = "", ...rest] = path;
  if (rest.length === 0) {
    into[name] = value;
    return;
  }
  const inner = into[name];
  const next: Record<string, unknown> = typeof inner === "object" && inner !== null ? { ...inner } : {};
  into[name] = next;
  put(next, rest, value);
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function at(from: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (isPlain(value) ? value[name] : undefined), from);
}

/** Parameters from what was typed; an empty field that may be absent is left out. */
export function readParams(fields: readonly ParamField[], typed: Record<string, string>): Record<string, unknown> {
  const params: Record<string, unknown> = {};
  for (const field of fields) {
    const text = typed[field.name] ?? field.preset;
    const value = meaningOf(field, text);
    if (field.name === "") return isPlain(value) ? value : {};
    if (text !== "" || field.isRequired) put(params, field.name.split("."), value);
  }
  return params;
}

/** What was typed, from parameters: of a template, of an old rollout, of a link. */
export function typeParams(fields: readonly ParamField[], params: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    fields
      .map(({ name, type }): [string, unknown, FieldType] => [
        name,
        name === "" ? params : at(params, name.split(".")),
        type,
      ])
      .filter(([, value]) => value !== undefined)
      .map(([name, value, type]) => [name, textOf(type, value)]),
  );
}

function faultOf(field: ParamField, text: string): ParamFault | null {
  const { type, isRequired, isNullable, pattern } = field;
  if (text.trim() === "") return isRequired && !isNullable ? "missing" : null;
  if (type === "number" && !Number.isFinite(Number(text))) return "number";
  if (type === "json" && !isPlain(readJson(text))) return "json";
  if (pattern === null) return null;
  const form = new RegExp(pattern, "u");
  const texts = type === "lines" ? linesIn(text) : [text.trim()];
  return texts.every((one) => form.test(one)) ? null : "format";
}

/** What is wrong, by field. */
export function faultsOf(fields: readonly ParamField[], typed: Record<string, string>): Record<string, ParamFault> {
  return Object.fromEntries(
    fields.flatMap((field): [string, ParamFault][] => {
      const fault = faultOf(field, typed[field.name] ?? field.preset);
      return fault === null ? [] : [[field.name, fault]];
    }),
  );
}
