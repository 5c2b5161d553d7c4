// Words of a text for lexical ranking: English with its endings off, Chinese as pairs of characters. Read by lexical.ts.

const STOP = new Set(
  "a an the is are be been being was were am to of in on at for with without and or it its itself that this these those from by as but when then after before although though while my our your their we i you they he she some all any has have had does do did done can could will would should may might must there here now more most much very so if into out up down off one how what why which who whom than each other too also only just still again since until because over under about between get gets got give gives gave make makes going go goes same own such both every per via yet ever never always sometimes please help thanks hello hi anyone know see seen".split(
    " ",
  ),
);
const WORD = /[A-Za-z][A-Za-z0-9_]*|\d+(?:\.\d+)?|[\u3400-\u9fff]+/g;
/** A pair of Chinese characters, not a word. */
export const HAN_TERM = /^[\u3400-\u9fff]/;
const CAMEL = /(?<=[a-z0-9])(?=[A-Z])/;
const TERMS_MAX = 3_000;

/** A light stem: endings that do not change what is meant. */
export function stem(word: string): string {
  if (word.length < 4) return word;
  let base = word;
  if (base.endsWith("ies") && base.length > 4) base = `${base.slice(0, -3)}y`;
  else if (/(?:ss|x|ch|sh|z)es$/.test(base)) base = base.slice(0, -2);
  else if (base.endsWith("s") && !/(?:ss|us|is)$/.test(base)) base = base.slice(0, -1);
  const bare = base.replace(/(?:ions?|ing|ed|ly|ment|er)$/, "");
  if (bare.length >= 3 && bare !== base && /[aeiouy]/.test(bare)) base = bare.replace(/([b-df-hj-np-tv-z])\1$/, "$1");
  return base.length > 3 ? base.replace(/e$/, "") : base;
}

/** Terms in the order of the text, at most TERMS_MAX. */
export function termsOf(text: string): string[] {
  const terms: string[] = [];
  for (const [word] of text.matchAll(WORD)) {
    if (terms.length >= TERMS_MAX) break;
    if (HAN_TERM.test(word)) {
      for (let at = 0; at + 1 < word.length; at++) terms.push(word.slice(at, at + 2));
      if (word.length === 1) terms.push(word);
      continue;
    }
    const parts = word.split(/_/).flatMap((part) => part.split(CAMEL));
    const words = parts.length > 1 ? [word, ...parts] : [word];
    for (const one of words) {
      const lower = one.toLowerCase();
      if (lower.length > 1 && lower.length <= 40 && !STOP.has(lower)) terms.push(stem(lower));
    }
  }
  return terms;
}
