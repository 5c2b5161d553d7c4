// Step-up: a session proves that its person is there, with password and code or with a passkey; verbs with `stepUp` then go through for a while.
import type { Actor, Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { mutation } from "../core/verb.ts";
import { verifyPasskey } from "./passkey-proof.ts";
import {
  countAttempt,
  forgetAttempts,
  type PersonForProof,
  personForProof,
  provePassword,
  proveTotp,
} from "./proof.ts";
import { ConfirmPresence } from "./schema.ts";
import { ownId } from "./sessions.ts";

type Proof = { password: string; totp?: string | undefined } | { passkey: Record<string, unknown> };

async function prove(person: PersonForProof, proof: Proof, now: Date): Promise<string> {
  if ("passkey" in proof) {
    await verifyPasskey(person.id, proof.passkey, now);
    return "passkey";
  }
  await provePassword(person, proof.password);
  if (!person.twoFactorEnabled) return "password";
  await proveTotp(person, proof.totp ?? "", now);
  return "password and code";
}

async function markPresent(tx: Tx, actor: Actor, at: Date): Promise<void> {
  if (actor.kind !== "user") throw new AppError("invalid", "only people are present");
  await tx.session.updateMany({ where: { id: actor.sessionId }, data: { verifiedAt: at } });
}

export const confirmPresence = mutation({
  name: "accounts.confirmPresence",
  access: "accounts:self",
  on: "self",
  input: ConfirmPresence,
  async run({ tx, actor, now }, proof) {
    const person = await personForProof(ownId(actor));
    await countAttempt(person.id, now());
    const how = await prove(person, proof, now());
    await forgetAttempts(person.id);
    await markPresent(tx, actor, now());
    return { result: { how }, audit: { entity: ["user", person.id], after: { how } } };
  },
});
