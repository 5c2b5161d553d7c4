// Labels as people type them: "zone=a, rack=r1". Pure.

export type LabelsResult = { labels: Record<string, string> } | { fault: string };

const KEY = /^[A-Za-z0-9]([A-Za-z0-9_./-]{0,61}[A-Za-z0-9])?$/;

/** Networks as people type them, separated by commas or spaces; what is none of them the server says. */
export const parseCidrs = (text: string): string[] => text.split(/[\s,]+/).filter((part) => part !== "");

/** @returns the labels, or the part that is none */
export function parseLabels(text: string): LabelsResult {
  const labels: Record<string, string> = {};
  for (const part of text.split(/[,\n]/).map((one) => one.trim())) {
    if (part === "") continue;
    const at = part.indexOf("=");
    const key = part.slice(0, at).trim();
    const value = part.slice(at + 1).trim();
    if (at < 1 || !KEY.test(key) || value.length > 63) return { fault: part };
    labels[key] = value;
  }
  return { labels };
}
