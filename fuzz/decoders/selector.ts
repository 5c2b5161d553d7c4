// Selectors: typed by people, stored in grants, sent by scripts. What one reader takes, all must take, with the same meaning.
import { parseSelector } from "../../selectors/parse.ts";
import { matches, type SelectorNode } from "../../selectors/selector.ts";
import { toSql, toWhere } from "../../server/core/scope.ts";
import { asText, type Decoder } from "../decoder.ts";
import { textInputs } from "../mutate-text.ts";

const SAMPLES = [
  "*",
  "pool=edge|core label:team=web name=node-*",
  'zone!=a rack=r1 label:"x"',
  'label:team!=web|"a b" name=*-01|*mid*',
  "label:__proto__=1 label:constructor",
];
const PIECES = "pool=|zone=|rack=|name=|label:|label:team|=|!=|\"|\\|*|a|node-1|__proto__| |,|\t|edge|(|)|%|_|'".split(
  "|",
);
const node: SelectorNode = {
  name: "node-1",
  pool: "edge",
  zone: "a",
  rack: "r1",
  labels: JSON.parse('{"team":"web","__proto__":"1"}'),
};

export const selector: Decoder = {
  name: "selector",
  what: "a selector, up to the database's condition and its match with a node",
  generate: textInputs(SAMPLES, [...PIECES, "|"]),
  decode(input) {
    const parsed = parseSelector(asText(input));
    if (!parsed.ok) return false;
    const { text, values } = toSql(parsed.selector, "n");
    // Whatever was typed must be a parameter, never a part of the statement.
    if (/team|node-1|__proto__|--|;/.test(text)) throw new Error(`typed text in a statement: ${text}`);
    if (values.some((value) => value === undefined)) throw new Error("a parameter without a value");
    toWhere(parsed.selector);
    matches(parsed.selector, node);
    return true;
  },
};
