// "Firefox · Linux" from a User-Agent header: enough to recognise one's own devices. Pure.

// Order matters: Edge and Opera also say Chrome, Chrome also says Safari.
const programs = [
  ["Edg/", "Edge"],
  ["OPR/", "Opera"],
  ["Firefox/", "Firefox"],
  ["Chrome/", "Chrome"],
  ["Safari/", "Safari"],
] as const;
const systems = [
  ["Android", "Android"],
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Mac OS X", "macOS"],
  ["Windows", "Windows"],
  ["Linux", "Linux"],
] as const;

const first = (text: string, names: readonly (readonly [string, string])[]): string | undefined =>
  names.find(([sign]) => text.includes(sign))?.[1];

/** Null for programs that do not look like a browser. */
export function agentName(userAgent: string): string | null {
  const program = first(userAgent, programs);
  const system = first(userAgent, systems);
  return program ? [program, system].filter(Boolean).join(" · ") : null;
}
