// Texts of the engine: everything it says, it says in both languages.
import type { Words } from "./types.ts";

/** One text in both languages. */
export const words = (en: string, zh: string): Words => ({ en, zh });

/** "1 node", "3 nodes". */
export const nodesEn = (n: number): string => `${n} ${n === 1 ? "node" : "nodes"}`;

/** A ratio as a percentage with as many digits as it needs: "10 %", "0.1 %". */
export const percent = (ratio: number): string => `${Number((ratio * 100).toFixed(2))} %`;
