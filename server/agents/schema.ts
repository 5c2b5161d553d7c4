// Inputs and outputs of enrolment as the console sees it: join tokens. Client-safe.
import ipaddr from "ipaddr.js";
import { z } from "zod";

/** Serial of a node whose certificates are all dead and that waits to be joined again. */
export const RELEASED_SERIAL = "released";

const Label = z
  .string()
  .regex(/^[A-Za-z0-9]([A-Za-z0-9_./-]{0,61}[A-Za-z0-9])?$/, "letters, digits, _ . / -, at most 63");

/** A network, or a single address, which becomes one. */
const Cidr = z
  .string()
  .trim()
  .max(64)
  .transform((text) => (ipaddr.isValid(text) ? `${text}/${text.includes(":") ? 128 : 32}` : text))
  .refine((text) => ipaddr.isValidCIDR(text), "a network like 10.20.0.0/16 or 2001:db8::/32");

export const CreateJoinToken = z.object({
  pool: Label.default("default"),
  /** `zone` and `rack` are labels with a column of their own. */
  labels: z.record(Label, z.string().max(63)).default({}),
  maxUses: z.number().int().min(1).max(1_000).default(1),
  expiresInMinutes: z
    .number()
    .int()
    .min(1)
    .max(7 * 24 * 60)
    .default(60),
  note: z.string().max(200).default(""),
  /** Networks it may be used from, e.g. 10.20.0.0/16; none: any. The address is the one that the gateway sees. */
  cidrs: z.array(Cidr).max(16).default([]),
});

export type NewJoinToken = {
  id: string;
  /** Shown once; only its hash is kept. */
  token: string;
  /** Where agents connect, e.g. https://host:7443 (the host of the console's public address). */
  gatewayUrl: string;
  /** sha-256 of the CA certificate, hex. */
  caFingerprint: string;
  /** sha-256 of the key that signs commands, hex. */
  keyFingerprint: string;
  /** sha-256 of the agent bundle, hex; null while it is not built. */
  agentSha256: string | null;
  /** The one line to copy: fetches the agent bundle (checksum-verified), enrols and starts it. */
  command: string;
  expiresAt: Date;
};

export type JoinTokenRow = {
  id: string;
  note: string;
  pool: string;
  labels: Record<string, string>;
  cidrs: string[];
  maxUses: number;
  uses: number;
  expiresAt: Date;
  revokedAt: Date | null;
  createdBy: string;
  createdAt: Date;
};

export const JoinTokenRef = z.object({ id: z.string() });
