// Whether a text is somebody's own description of a trouble, or something that a program printed. Asked by diagnose.ts.
import type { Normalised } from "./normalise.ts";

/** People write no longer questions than that. */
const QUESTION_CHARS_MAX = 600;
const QUESTION_RECORDS_MAX = 4;
/** What programs print and people do not: fields, paths with their file, levels, codes, calls, chains of errors. */
const PRINTED =
  /\w=\S|"[^"]{60,}"|[{}<>]|\]:|\[\w+\]|\/\w+\/\w+\/|\b0x[0-9a-f]{4,}|[0-9a-f]{12,}|\b(?:ERROR|WARN|FATAL|INFO|panic|Traceback|npm ERR)\b|\w\(\)|\.\w{1,4}:\d/;
/** At least so many words: fewer are a message, or nothing that can be answered. */
const QUESTION_WORDS_MIN = 4;
const QUESTION_HAN_MIN = 5;

// Words that people join others with, and programs leave out.
const FILLERS =
  /\b(?:the|a|an|is|are|be|was|were|to|of|in|on|at|as|it|its|with|and|or|that|this|by|from|when|after|although|though|while|since|because|if|my|our|we|i|you|they|some|all|has|have|does|do|not|cannot|can|which|there|without|until|for)\b/gi;
const FILLERS_MIN = 3;

/** Asked, or told in a sentence; a single message of a program is neither, whatever its words. */
export function isQuestion(normalised: Normalised): boolean {
  if (!mayBePeoples(normalised)) return false;
  const { text } = normalised;
  if ((text.match(/[\u3400-\u9fff]/g)?.length ?? 0) >= QUESTION_HAN_MIN) return true;
  const fillers = text.match(FILLERS)?.length ?? 0;
  // One colon a person may write, too, in a whole sentence.
  const colons = colonsIn(text);
  if (colons > 1 || (colons === 1 && fillers < FILLERS_MIN)) return false;
  const isSentence = /\?\s*$/.test(text) || fillers >= FILLERS_MIN || (fillers > 0 && /^[A-Z].*\.\s*$/s.test(text));
  return wordsIn(text) >= QUESTION_WORDS_MIN && isSentence;
}

/** Where no sign says what it is: words joined as people join them, though too few fillers tell; programs put a colon between what failed and why. */
export const mayBeTold = (normalised: Normalised): boolean =>
  mayBePeoples(normalised) &&
  normalised.records.length < 2 &&
  colonsIn(normalised.text) === 0 &&
  wordsIn(normalised.text) >= QUESTION_WORDS_MIN;

const mayBePeoples = ({ text, records, components, cutChars }: Normalised): boolean =>
  cutChars === 0 &&
  text.length <= QUESTION_CHARS_MAX &&
  records.length <= QUESTION_RECORDS_MAX &&
  components.length === 0 &&
  !PRINTED.test(text);
const colonsIn = (text: string): number => text.match(/\w["')\]]?: \S/g)?.length ?? 0;
const wordsIn = (text: string): number => text.match(/\S+/g)?.length ?? 0;
