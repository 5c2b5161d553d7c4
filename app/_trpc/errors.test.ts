// Failed calls of every kind are told apart.
import { expect, test } from "vitest";
import { mayRetry, needsSignIn, readError } from "./errors.ts";

const refused = { message: "Your role may not do this.", data: { code: "FORBIDDEN", requestId: "r-1" } };

test("an error of the API keeps its sentence and its request id", () => {
  expect(readError(refused)).toEqual({
    message: "Your role may not do this.",
    code: "FORBIDDEN",
    requestId: "r-1",
    details: null,
  });
});

test("a network error has no code and may be retried", () => {
  const error = new TypeError("Failed to fetch");
  expect(readError(error)).toEqual({ message: "Failed to fetch", code: null, requestId: null, details: null });
  expect(mayRetry(error)).toBe(true);
});

test("only a missing session leads to the sign-in page", () => {
  expect(needsSignIn({ message: "", data: { code: "UNAUTHORIZED" } })).toBe(true);
  expect(needsSignIn(refused)).toBe(false);
  expect(mayRetry(refused)).toBe(false);
});
