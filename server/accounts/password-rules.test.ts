import { expect, test } from "vitest";
import { refusePassword } from "./password-rules.ts";

const ann = { email: "ann.lee@example.org", name: "Ann Lee" };

test.each([
  ["elevenchars", "short"],
  ["password1234", "common"],
  ["Password!2026", "common"],
  ["P@ssw0rd", "short"],
  ["qwertyqwerty", "common"],
  ["123456789012345", "common"],
  ["aaaaaaaaaaaaaaaa", "common"],
  ["nodeopscenter2026", "common"],
  ["adminadminadmin1", "common"],
  ["annleeannlee1", "personal"],
  ["a lake where herons wait", null],
  ["xK4m-Q2vp-T9wz", null],
  ["密码是我家门前那条小河边", null],
  ["my password is a long sentence", null],
])("%s → %s", (password, want) => {
  expect(refusePassword(password, ann)).toBe(want);
});
