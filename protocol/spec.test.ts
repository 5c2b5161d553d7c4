// SPEC.md says what the code does: constants, messages, commands, facts and versions are compared one by one.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commandTypes } from "./commands.ts";
import * as constants from "./constants.ts";
import { factKinds } from "./facts.ts";
import { AgentToGateway, DurableBody, EnrolResponse, GatewayToAgent } from "./messages.ts";
import { PROTOCOL_VERSION } from "./version.ts";

const spec = readFileSync(join(import.meta.dirname, "SPEC.md"), "utf8");

/** Rows of the table under a heading: the text of the first two cells, code marks taken off. */
function table(heading: string): [string, string][] {
  const section = spec.split(/^## /m).find((part) => part.startsWith(heading));
  if (!section) throw new Error(`SPEC.md has no section "${heading}"`);
  return section
    .split("\n")
    .filter((line) => /^\| `/.test(line))
    .map((line) => {
      const [, name = "", value = ""] = line.split("|").map((cell) => cell.trim().replaceAll("`", ""));
      return [name, value];
    });
}

const firstColumn = (heading: string): string[] => table(heading).map(([name]) => name);
const literals = (union: { options: readonly { shape: { type: { value: string } } }[] }): string[] =>
  union.options.map((o) => o.shape.type.value);

describe("SPEC.md", () => {
  it("lists every constant with its value, and no other", () => {
    const written = Object.fromEntries(
      table("Constants").map(([name, value]) => [name, value.replaceAll(/[ ,]/g, "")]),
    );
    const real = Object.fromEntries(Object.entries(constants).map(([name, value]) => [name, String(value)]));
    expect(written).toEqual(real);
  });

  it("lists the agent's messages", () => expect(firstColumn("Agent to gateway")).toEqual(literals(AgentToGateway)));
  it("lists the gateway's messages", () => expect(firstColumn("Gateway to agent")).toEqual(literals(GatewayToAgent)));
  it("lists what durable frames carry", () => expect(firstColumn("Durable frames")).toEqual(literals(DurableBody)));
  it("lists every kind of fact", () => expect(firstColumn("Facts")).toEqual(factKinds));
  it("lists every command", () => expect(firstColumn("Commands")).toEqual(commandTypes));

  it("lists every refusal", () => {
    const refused = GatewayToAgent.options.find((o) => o.shape.type.value === "refused");
    const codes = refused && "code" in refused.shape ? refused.shape.code.options : [];
    expect(firstColumn("Refusals")).toEqual([...codes]);
    const enrol = EnrolResponse.options.find((o) => "code" in o.shape);
    const enrolCodes = enrol && "code" in enrol.shape ? enrol.shape.code.options : [];
    expect(firstColumn("Enrolment")).toEqual([...enrolCodes]);
  });

  it("is of the present version", () => expect(spec).toContain(`Version ${PROTOCOL_VERSION}`));
});
