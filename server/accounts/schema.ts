// Inputs and outputs of accounts and API tokens. Client-safe.
import { z } from "zod";
import { roles } from "../core/access.ts";

export const locales = ["en", "zh"] as const;
export type Locale = (typeof locales)[number];

export type Me = {
  kind: "user" | "token" | "system";
  id: string;
  name: string;
  email: string | null;
  role: (typeof roles)[number];
  locale: Locale;
};

export const SetLocale = z.object({ locale: z.enum(locales) });

export const CreateApiToken = z.object({
  name: z.string().min(1).max(100),
  role: z.enum(roles).default("viewer"),
  expiresInDays: z.number().int().min(1).max(365).default(90),
});
export type NewApiToken = { id: string; token: string };
export type ApiTokenRow = {
  id: string;
  name: string;
  role: string;
  createdBy: string;
  createdAt: Date;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  revokedAt: Date | null;
};
export const ApiTokenRef = z.object({ id: z.uuid() });
