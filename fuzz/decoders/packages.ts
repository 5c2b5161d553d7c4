// What a node's package manager prints, and samples of changes of packages, hooks and checks. A guard must never be talked into "only this package" by a text that
// names another one.
import { parseAptSimulation, parseDnfTable, parseDpkg, parseRpm, whyNot } from "../../agent/commands/package-text.ts";
import { asText, type Decoder } from "../decoder.ts";
import { textInputs } from "../mutate-text.ts";

const descriptor = JSON.stringify({
  version: "1.0.0",
  hook: { path: "/usr/libexec/oci/hooks.d/route", args: ["route"], timeout: 10 },
  when: { annotations: { "^a$": "^b$" } },
  stages: ["prestart"],
});
/** For the decoder of changes. */
export const newerSamples = [
  { kind: "package", params: { name: "lxcfs", version: "5.0.3-1", restartModule: "lxcfs" } },
  { kind: "hook", params: { name: "10-route", descriptor } },
  { kind: "check", params: { check: "runtime-down", checkMode: "approve" } },
  { kind: "check", params: { check: "our-check", version: 2 } },
];

const samples = [
  "Inst lxcfs [5.0.2-1] (5.0.3-1 Debian:12/stable [amd64])\nConf lxcfs (5.0.3-1 Debian:12/stable [amd64])\n",
  "Remv runc [1.1.5]\nPurg x [1]\nInst lxcfs:amd64 [1] (2 a [amd64]) []\n",
  "ii \t1.6.20-1\tamd64\nhi \t1:2.0\tall\nrc \t1\tall\n",
  "0\t1.6.20-3.1.el9\tx86_64\n4\t1.1.9-1.el9\tx86_64\n",
  "Upgrading:\n lxcfs x86_64 5.0.3-1 base 1 k\n     replacing  runc.x86_64 1-1\nRemoving:\n a-long-name\n   x86_64 1 @x 1 k\n\nTransaction Summary\n",
];

const pieces = [
  "Inst ",
  "Conf ",
  "Remv ",
  "lxcfs",
  " [1]",
  " (5.0.3-1 x [amd64])",
  "\n",
  " ",
  "Upgrading:\n",
  "ii \t",
  "\t",
  "5.0.3-1",
  "replacing ",
  ":",
  "0\t",
];

export const packageText: Decoder = {
  name: "package-text",
  what: "what apt, dpkg, dnf and rpm print on a node",
  generate: textInputs(samples, pieces),
  decode(input) {
    const text = asText(input);
    const moves = [...parseAptSimulation(text), ...parseDnfTable(text)];
    if (
      whyNot(moves, "lxcfs", "5.0.3-1") === null &&
      moves.some(({ name, to }) => name !== "lxcfs" || to !== "5.0.3-1")
    )
      throw new Error("more than the one package would change");
    return parseDpkg(text).length + parseRpm(text).length + moves.length > 0;
  },
};
