// Which passwords are refused: too short, among the commonest, or made of what anybody can read on the sign-in page. Pure.

/** Shortest password, characters. */
export const PASSWORD_MIN = 12;

// The beginnings of the commonest long passwords; twelve characters and more are mostly these, repeated or counted up.
const COMMON = [
  "password",
  "passw0rd",
  "qwerty",
  "qwertz",
  "azerty",
  "asdfgh",
  "1q2w3e",
  "1qaz2wsx",
  "zaq12wsx",
  "abc123",
  "abcdef",
  "123456",
  "654321",
  "112233",
  "123123",
  "111111",
  "000000",
  "987654",
  "iloveyou",
  "letmein",
  "welcome",
  "changeme",
  "trustno1",
  "monkey",
  "dragon",
  "football",
  "baseball",
  "sunshine",
  "princess",
  "superman",
  "starwars",
  "administrator",
  "admin",
  "root",
  "secret",
  "default",
  "login",
  "master",
  "woaini",
  "woaini1314",
  "5201314",
];
const CONTEXT = [
  "nodeops",
  "center",
  "console",
  "container",
  "kubernetes",
  "docker",
  "containerd",
  "cluster",
  "server",
];

const plain = (text: string): string =>
  text
    .toLowerCase()
    .normalize("NFKC")
    .replaceAll(/[^\p{L}\p{N}]/gu, "");

/** Why a password is refused, null when it is good. What is left once guessable words are taken out must still be worth something. */
export function refusePassword(
  password: string,
  person: { email: string; name: string },
): "short" | "common" | "personal" | null {
  if ([...password].length < PASSWORD_MIN) return "short";
  const text = plain(password);
  const own = [person.email.split("@")[0] ?? "", ...person.name.split(/\s+/)]
    .map(plain)
    .filter((word) => word.length > 2);
  if (rest(text, own).length < 6 && own.some((word) => text.includes(word))) return "personal";
  const left = rest(text, [...COMMON, ...CONTEXT, ...own].map(plain)).replace(/^\d+|\d+$/g, "");
  // Few different characters: "aaaaaaaaaaaa", "abababababab".
  return left.length < 4 || new Set(text).size < 5 ? "common" : null;
}

function rest(text: string, words: readonly string[]): string {
  return [...words].sort((a, b) => b.length - a.length).reduce((left, word) => left.replaceAll(word, ""), text);
}
