// Language choice: cookie first, then what the browser asks for.
import { expect, test } from "vitest";
import { chooseLocale, chooseTheme } from "./preferences.ts";

test.each([
  { name: "cookie wins", cookie: "en", accept: "zh-CN,zh;q=0.9", locale: "en" },
  { name: "browser asks for Chinese", cookie: undefined, accept: "zh-CN,zh;q=0.9,en;q=0.8", locale: "zh" },
  { name: "first known language counts", cookie: undefined, accept: "fr,en;q=0.8,zh;q=0.5", locale: "en" },
  { name: "unknown cookie is ignored", cookie: "tlh", accept: "zh", locale: "zh" },
  { name: "nothing known", cookie: undefined, accept: null, locale: "en" },
])("$name", ({ cookie, accept, locale }) => {
  expect(chooseLocale(cookie, accept)).toBe(locale);
});

test("an unknown theme follows the system", () => {
  expect(chooseTheme("neon")).toBe("system");
  expect(chooseTheme("dark")).toBe("dark");
});
