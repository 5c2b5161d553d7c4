// Asks before something is changed; without a terminal nothing is assumed.
import { createInterface } from "node:readline/promises";
import { EXIT, UserError } from "./errors.ts";

/** Resolves when the answer is yes (or `isYes`). @throws UserError when it is no, or nobody can be asked */
export async function confirm(question: string, isYes: boolean | undefined): Promise<void> {
  if (isYes) return;
  if (!process.stdin.isTTY)
    throw new UserError("this changes something and nobody can be asked", "add --yes", EXIT.usage);
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const reply = await prompt.question(`${question} [y/N] `);
    if (!/^y(es)?$/i.test(reply.trim())) throw new UserError("nothing was done", undefined, EXIT.failed);
  } finally {
    prompt.close();
  }
}
