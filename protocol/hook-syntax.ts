// Descriptors of OCI hooks as Podman and CRI-O read them (oci-hooks(5), version 1.0.0): when a container starts or ends, a program runs as root. The program is
// one that the node has and lets be used (agent/commands/hook-program.ts); a descriptor brings none, and no environment that would make it another.
import { z } from "zod";

/** Regular expressions of Go, read by the runtime; here they are texts with an end. */
const Pattern = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}]*$/u);
const Argument = z
  .string()
  .max(256)
  .regex(/^[^\p{Cc}]*$/u);

const Descriptor = z.strictObject({
  version: z.literal("1.0.0"),
  hook: z.strictObject({
    path: z
      .string()
      .max(512)
      .regex(/^(\/[A-Za-z0-9_][A-Za-z0-9_.+-]{0,127}){2,16}$/),
    args: z.array(Argument).min(1).max(32).optional(),
    /** Seconds. Without one a hook that hangs holds up its container for ever. */
    timeout: z.number().int().min(1).max(300),
  }),
  when: z.union([
    z.strictObject({ always: z.literal(true) }),
    z
      .strictObject({
        always: z.literal(false).optional(),
        annotations: z.record(Pattern, Pattern).optional(),
        commands: z.array(Pattern).min(1).max(64).optional(),
        hasBindMounts: z.boolean().optional(),
      })
      .refine((when) => Object.keys(when).some((key) => key !== "always"), { error: "names no container" }),
  ]),
  stages: z
    .array(z.enum(["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]))
    .min(1)
    .max(6),
});
export type HookDescriptor = z.output<typeof Descriptor>;

/** What a descriptor says; else what is wrong, quoting nothing of it. Never throws. */
export function readHook(text: string): HookDescriptor | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "not JSON";
  }
  const parsed = Descriptor.safeParse(value);
  if (parsed.success) return parsed.data;
  const [top, part] = parsed.error.issues[0]?.path ?? [];
  const names = [top, part].filter((name) => NAMES.includes(String(name)));
  return names.length === 0 ? "not a hook descriptor" : `${names.join(".")} is not what a hook descriptor has there`;
}
const NAMES = [
  "version",
  "hook",
  "when",
  "stages",
  "path",
  "args",
  "timeout",
  "always",
  "annotations",
  "commands",
  "hasBindMounts",
];

export function hookError(text: string): string | null {
  const read = readHook(text);
  return typeof read === "string" ? read : null;
}
