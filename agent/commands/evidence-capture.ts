// Command evidence.capture: reads what will be gone after a repair. Sections are collected side by side; one that fails or takes too long says so.
import { OUTPUT_BYTES_MAX } from "../../protocol/constants.ts";
import { messageOf } from "../host/errors.ts";
import { within } from "../host/wait.ts";
import { defineCommand } from "./define.ts";
import { sections as collectors } from "./evidence-sections.ts";

/** A section has this long, ms. */
const SECTION_MS = 15_000;

/** Cut in the middle: the beginning and the end of a log or dump say most. */
export function cut(text: string, max: number): { text: string; truncated: boolean } {
  if (text.length <= max) return { text, truncated: false };
  const half = Math.floor(max / 2);
  return {
    text: `${text.slice(0, half)}\n… ${text.length - 2 * half} characters left out …\n${text.slice(-half)}`,
    truncated: true,
  };
}

export const evidenceCapture = defineCommand({
  type: "evidence.capture",
  affects: [],
  timeoutMs: 60_000,
  async run({ sections, ...subject }, ctx) {
    const wanted = [...new Set(sections)];
    // Together they must fit into one result, JSON escapes included.
    const share = Math.floor((OUTPUT_BYTES_MAX * 0.6) / wanted.length);
    const captured = await Promise.all(
      wanted.map(async (section) => {
        try {
          const { title, text } = await within(section, SECTION_MS, collectors[section](ctx, subject));
          return { section, title, ...cut(text, share), error: null };
        } catch (err) {
          return { section, title: section, text: "", truncated: false, error: messageOf(err) };
        }
      }),
    );
    const good = captured.filter((c) => c.error === null).length;
    return {
      message: `${good} of ${captured.length} sections captured`,
      changed: false,
      output: { sections: captured },
    };
  },
});
