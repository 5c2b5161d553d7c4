// The dispatcher's memory: what it has signed, which runs it has accepted, which signatures it has seen. On its own disk before anything leaves, so that
// neither a restart nor a row that was put back makes it sign a step twice, or forget how much it has signed.
import { closeSync, existsSync, mkdirSync, readFileSync, statSync, truncateSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { appendDurably, openForAppend, writeDurably } from "../core/durable.ts";
import { dispatcherFolder } from "../core/secrets.ts";

/** Everything is remembered for so long, ms; no statement lives longer than half of it. */
export const REMEMBER_MS = 2 * 3_600_000;
/** Beyond this the file is written anew, bytes. */
const COMPACT_BYTES = 8 * 1024 * 1024;

const Signed = z.strictObject({
  t: z.literal("signed"),
  at: z.number(),
  runId: z.string(),
  role: z.enum(["evidence", "step"]),
  step: z.number().int(),
  nodeId: z.string(),
  commandId: z.string(),
  kind: z.enum(["change", "evidence"]),
  /** Signed without anybody's approval: counts for the limits. */
  isFree: z.boolean(),
  risk: z.string(),
  planHash: z.string(),
  generation: z.number().int(),
  expiresAt: z.number(),
  keyId: z.string(),
  /** base64url; empty once expired, nobody needs it then. */
  payload: z.string(),
  signature: z.string(),
});
export type Signed = z.infer<typeof Signed>;

/** A run whose approvals were enough when its first step was signed. */
const Run = z.strictObject({
  t: z.literal("run"),
  at: z.number(),
  runId: z.string(),
  nodeId: z.string(),
  planHash: z.string(),
  by: z.array(z.strictObject({ person: z.string(), keyId: z.string(), challenge: z.string() })),
});
export type AcceptedRun = z.infer<typeof Run>;

/** A signature that was checked and is right. A passkey's cannot be checked twice: its counter has moved on. */
const Seen = z.strictObject({
  t: z.literal("seen"),
  at: z.number(),
  challenge: z.string(),
  person: z.string(),
  keyId: z.string(),
  expiresAt: z.number(),
});
export type Seen = z.infer<typeof Seen>;

/** A statement that was carried out (a key added or removed, a freeze lifted) and counts no second time. */
const Spent = z.strictObject({ t: z.literal("spent"), at: z.number(), challenge: z.string(), expiresAt: z.number() });

const Line = z.discriminatedUnion("t", [Signed, Run, Seen, Spent]);
type Line = z.infer<typeof Line>;

const slotOf = (runId: string, role: string, step: number): string => `${runId}/${role}/${step}`;
const seenOf = (challenge: string, keyId: string): string => `${challenge}/${keyId}`;

export class Ledger {
  readonly #path: string;
  #fd: number;
  #bytes = 0;
  /** Size after it was last written anew: what is still needed is not written over and over. */
  #compactedBytes = 0;
  readonly #signed = new Map<string, Signed>();
  readonly #runs = new Map<string, AcceptedRun>();
  readonly #seen = new Map<string, Seen>();
  readonly #spent = new Map<string, number>();

  /** @throws Error when it cannot be read: whoever forgets what was signed must not sign */
  constructor(dataDir: string, now: number) {
    this.#path = join(dispatcherFolder(dataDir), "ledger.log");
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    for (const line of this.#read()) this.#apply(line);
    this.#fd = openForAppend(this.#path);
    this.#bytes = statSync(this.#path).size;
    this.tidy(now);
  }

  #read(): Line[] {
    if (!existsSync(this.#path)) return [];
    const text = readFileSync(this.#path, "utf8");
    const whole = text.lastIndexOf("\n") + 1;
    // A last line without an end was cut off by a crash: what it says was never acted on.
    if (whole < text.length) truncateSync(this.#path, Buffer.byteLength(text.slice(0, whole)));
    return text
      .slice(0, whole)
      .split("\n")
      .slice(0, -1)
      .map((line, index) => {
        try {
          return Line.parse(JSON.parse(line));
        } catch (err) {
          throw new Error(`${this.#path}: line ${index + 1} is damaged`, { cause: err });
        }
      });
  }

  #apply(line: Line): void {
    if (line.t === "signed") this.#signed.set(slotOf(line.runId, line.role, line.step), line);
    else if (line.t === "run") this.#runs.set(line.runId, line);
    else if (line.t === "seen") this.#seen.set(seenOf(line.challenge, line.keyId), line);
    else this.#spent.set(line.challenge, line.expiresAt);
  }

  #add(lines: readonly Line[]): void {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    appendDurably(this.#fd, text);
    this.#bytes += Buffer.byteLength(text);
    for (const line of lines) this.#apply(line);
  }

  /** What was signed for this place of a run. */
  signedFor(runId: string, role: string, step: number): Signed | null {
    return this.#signed.get(slotOf(runId, role, step)) ?? null;
  }

  run(runId: string): AcceptedRun | null {
    return this.#runs.get(runId) ?? null;
  }

  seen(challenge: string, keyId: string): Seen | null {
    return this.#seen.get(seenOf(challenge, keyId)) ?? null;
  }

  isSpent(challenge: string): boolean {
    return this.#spent.has(challenge);
  }

  /** What counts for the limits, oldest first. */
  free(): Signed[] {
    return [...this.#signed.values()].filter(({ isFree }) => isFree).sort((a, b) => a.at - b.at);
  }

  /** Notes a signature that is about to leave, with the run that it begins. */
  addSigned(signed: Omit<Signed, "t">, run: Omit<AcceptedRun, "t"> | null): void {
    this.#add([...(run ? [{ ...run, t: "run" as const }] : []), { ...signed, t: "signed" }]);
  }

  /** Notes many that are about to leave, of rollouts that were accepted, with one write. */
  addManySigned(signed: readonly Omit<Signed, "t">[]): void {
    this.#add(signed.map((one) => ({ ...one, t: "signed" as const })));
  }

  addSeen(seen: Omit<Seen, "t">): void {
    this.#add([{ ...seen, t: "seen" }]);
  }

  addSpent(challenge: string, expiresAt: number, at: number): void {
    this.#add([{ t: "spent", challenge, expiresAt, at }]);
  }

  /** Forgets what no longer counts; writes the file anew when it has grown. */
  tidy(now: number): void {
    const isOld = (line: { at: number }) => now - line.at > REMEMBER_MS;
    for (const [key, line] of this.#signed) {
      if (isOld(line)) this.#signed.delete(key);
      else if (line.payload !== "" && now > line.expiresAt)
        this.#signed.set(key, { ...line, payload: "", signature: "" });
    }
    for (const [key, line] of this.#runs) if (isOld(line)) this.#runs.delete(key);
    for (const [key, line] of this.#seen) if (now > line.expiresAt) this.#seen.delete(key);
    for (const [key, expiresAt] of this.#spent) if (now > expiresAt) this.#spent.delete(key);
    if (this.#bytes > Math.max(COMPACT_BYTES, 2 * this.#compactedBytes)) this.#compact(now);
  }

  #compact(now: number): void {
    const spent = [...this.#spent].map(([challenge, expiresAt]) => ({
      t: "spent" as const,
      at: now,
      challenge,
      expiresAt,
    }));
    const lines: Line[] = [...this.#runs.values(), ...this.#signed.values(), ...this.#seen.values(), ...spent];
    writeDurably(this.#path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    closeSync(this.#fd);
    this.#fd = openForAppend(this.#path);
    this.#bytes = statSync(this.#path).size;
    this.#compactedBytes = this.#bytes;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
