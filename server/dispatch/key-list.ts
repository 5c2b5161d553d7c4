// The approval keys that count: a list in the dispatcher's own folder. The database has a mirror for the console; what it says counts for nothing.
import { createPublicKey } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import {
  ed25519KeyId,
  KeyAddStatement,
  type KeyRemoveStatement,
  StatementSignature,
} from "../../protocol/statement.ts";
import { writeDurably } from "../core/durable.ts";
import { dispatcherFolder } from "../core/secrets.ts";

const AcceptedKey = z.strictObject({
  keyId: KeyAddStatement.shape.keyId,
  type: KeyAddStatement.shape.type,
  /** Raw Ed25519 or COSE, base64url. */
  publicKey: KeyAddStatement.shape.publicKey,
  person: KeyAddStatement.shape.person,
  personName: KeyAddStatement.shape.personName,
  /** What its holder calls it; for people to read. */
  label: z.string().max(200).default(""),
  /** A passkey's signatures count up; one that does not comes from a copy. */
  counter: z.number().int().nonnegative(),
  addedAt: z.number(),
  /** Who admitted it: null for the first key, which root put here. */
  admitted: z.strictObject({ statement: KeyAddStatement, signature: StatementSignature }).nullable(),
});
export type AcceptedKey = z.infer<typeof AcceptedKey>;

const KeyFile = z.strictObject({ v: z.literal(1), keys: z.array(AcceptedKey) });
/** Put there by `./nodeops up` as root before there is a list. */
const FirstKey = z.strictObject({
  keyId: KeyAddStatement.shape.keyId,
  type: z.literal("ed25519"),
  publicKey: KeyAddStatement.shape.publicKey,
  person: KeyAddStatement.shape.person,
  personName: KeyAddStatement.shape.personName,
  label: AcceptedKey.shape.label,
});

/** Why a key cannot be taken, or null. */
function unfit({ keyId, type, publicKey }: Pick<AcceptedKey, "keyId" | "type" | "publicKey">): string | null {
  if (type === "webauthn") return null; // read when it first signs; one that cannot be read never counts
  const raw = Buffer.from(publicKey, "base64url");
  try {
    createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: publicKey }, format: "jwk" });
  } catch {
    return "it is not an Ed25519 key";
  }
  return raw.length === 32 && ed25519KeyId(raw) === keyId ? null : "its id is not the one of its bytes";
}

export class KeyList {
  readonly #path: string;
  readonly #firstPath: string;
  #keys: AcceptedKey[] | null = null;

  /** @throws Error when the list is there and cannot be read */
  constructor(dataDir: string) {
    this.#path = join(dispatcherFolder(dataDir), "keys.json");
    this.#firstPath = join(dispatcherFolder(dataDir), "first-key.json");
    if (!existsSync(this.#path)) return;
    try {
      this.#keys = KeyFile.parse(JSON.parse(readFileSync(this.#path, "utf8"))).keys;
    } catch (err) {
      throw new Error(`${this.#path} is damaged: ${err instanceof Error ? err.message : String(err)}`, { cause: err });
    }
  }

  /** Begins the list with the first key, once it is there and only while there is no list. @returns the key, when it was taken just now */
  takeFirst(now: number): AcceptedKey | null {
    if (this.#keys !== null || !existsSync(this.#firstPath)) return null;
    const first = FirstKey.parse(JSON.parse(readFileSync(this.#firstPath, "utf8")));
    const why = unfit(first);
    if (why) throw new Error(`${this.#firstPath}: ${why}`);
    const key = { ...first, counter: 0, addedAt: now, admitted: null };
    this.#store([key]);
    return key;
  }

  #store(keys: AcceptedKey[]): void {
    writeDurably(this.#path, `${JSON.stringify({ v: 1, keys }, null, 1)}\n`);
    this.#keys = keys;
  }

  all(): readonly AcceptedKey[] {
    return this.#keys ?? [];
  }

  get(keyId: string): AcceptedKey | null {
    return this.all().find((key) => key.keyId === keyId) ?? null;
  }

  /** Each person once. */
  persons(): string[] {
    return [...new Set(this.all().map(({ person }) => person))];
  }

  /** Notes how far a passkey has counted. */
  counted(keyId: string, counter: number): void {
    this.#store(this.all().map((key) => (key.keyId === keyId ? { ...key, counter } : key)));
  }

  /** @returns why not, or null when the key is in the list now. The signature was checked by the caller. */
  add(statement: KeyAddStatement, signature: StatementSignature, now: number): string | null {
    const { keyId, type, publicKey, person, personName } = statement;
    if (signature.keyId === keyId) return "a key cannot admit itself";
    if (this.get(keyId)) return "the key is accepted already";
    const why = unfit(statement);
    if (why) return why;
    const key = { keyId, type, publicKey, person, personName, label: "", counter: 0, addedAt: now };
    this.#store([...this.all(), { ...key, admitted: { statement, signature } }]);
    return null;
  }

  /** @returns why not, or null when the key is gone now. The signature was checked by the caller. */
  remove({ keyId }: KeyRemoveStatement): string | null {
    if (!this.get(keyId)) return "no such key is accepted";
    if (this.all().length === 1) return "the last key stays: nobody could accept another one";
    this.#store(this.all().filter((key) => key.keyId !== keyId));
    return null;
  }
}
