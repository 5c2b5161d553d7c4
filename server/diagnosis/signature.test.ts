import { expect, test } from "vitest";
import { normalise } from "../../diagnosis/normalise.ts";
import { fitsText, guessSignature } from "./signature.ts";

const BROKEN =
  'frobnicator[12]: cannot align the "web-1" flux capacitor with socket /run/frob/a1.sock: drift too large';
const SAME = 'frobnicator[99]: cannot align the "db-7" flux capacitor with socket /run/frob/b2.sock: drift too large';

test("names and numbers become \\S+, the rest stays; it fits texts that differ in them only", () => {
  const guess = guessSignature([BROKEN, SAME], []);
  expect(guess).toContain("flux capacitor with socket");
  expect(guess).toContain("\\S+");
  expect(guess).not.toMatch(/web-1|a1\.sock/);
  for (const text of [BROKEN, SAME]) expect(fitsText(guess ?? "", normalise(text))).toBe(true);
});

test("what another cause prints is not taken", () => {
  const other = 'error: cannot align the "x" flux capacitor with socket /y: drift too large';
  const guess = guessSignature(
    [`Mar  1 08:09:10 n1 ${BROKEN}\nMar  1 08:09:11 n1 gated[3]: the reverse quantum gate failed to close in order`],
    [other],
  );
  expect(guess).toBe("the reverse quantum gate failed to close in order");
});

test("a stretch that all texts share goes before a longer one that only one has", () => {
  const guess = guessSignature(
    [
      "Mar  1 08:09:10 n1 x: a very long and special error that failed only here\nMar  1 08:09:10 n1 x: the shared gate failed badly",
      "Mar  1 08:09:10 n1 z: y\nMar  1 08:09:10 n1 z: the shared gate failed badly",
    ],
    [],
  );
  expect(guess).toBe("the shared gate failed badly");
});

test.each([["error 12"], ["12 34 56"], ["fail"], [""]])("%j is too little", (text) => {
  expect(guessSignature([text], [])).toBeNull();
});

test("signs of patterns in the text are taken as they are", () => {
  const text = "cannot parse (a+b)* of the frob expression [x";
  const guess = guessSignature([text], []);
  expect(guess).not.toBeNull();
  expect(fitsText(guess ?? "", normalise(text))).toBe(true);
});

test("what the engine does not take fits nothing", () => {
  expect(fitsText("(unclosed", normalise("(unclosed"))).toBe(false);
  expect(fitsText("\\S+", normalise("abc"))).toBe(false);
});
