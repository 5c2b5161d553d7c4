// Pasted text once more, on its way into the database: secrets are left out, names and exit codes looked up. Anybody who may ask sends it.
import { exitCodesIn } from "../../diagnosis/exit-codes.ts";
import { mentionsIn } from "../../server/diagnosis/mentions.ts";
import { GONE, redactText } from "../../server/diagnosis/redact.ts";
import { templateOf } from "../../server/diagnosis/template.ts";
import { asText, type Decoder } from "../decoder.ts";
import { textInputs } from "../mutate-text.ts";

const SAMPLES = [
  "curl -H 'Authorization: Bearer abc.def-123' https://bob:pw@registry/v2/x?sig=abc failed\n",
  '{"auths":{"registry":{"auth":"dXNlcjpwYXNz"}},"password":"a \\"b\\" c","token":"A1b2C3d4"}',
  "DB_PASSWORD=hunter2 API_KEY: A1b2C3d4E5 --token abc123 Cookie: sid=1; theme=2\n",
  "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----\n",
  "pod shop/web-6d4b75cb6d-x2v9k on node-7, container 0123abcd4567, Exit Code: 137\n",
  "failed to fetch oauth token: unexpected status from GET; secret default/regcred not found\n",
];
const PIECES = [
  ...'password=|token: |secret|://|@|?sig=|Bearer |Basic |Cookie: |-----BEGIN PRIVATE KEY-----|"|\'|\\"|=|:| |\n|eyJhbGciOi.eyJz.x|退出码 1|exit code |\ud800|\u{1f600}'.split(
    "|",
  ),
];
const CHARS_MAX = 20_000;

export const pastedSecrets: Decoder = {
  name: "pasted-secrets",
  what: "what somebody pastes, up to the text without secrets and the places in it",
  share: { of: 0.2, why: "a dozen patterns over the whole text" },
  generate: textInputs(SAMPLES, PIECES),
  decode(input) {
    const text = asText(input).slice(0, CHARS_MAX);
    const { text: shown, count, at } = redactText(text);
    if (!shown.isWellFormed()) throw new Error("half a character");
    if (at(0) !== 0 || at(text.length) !== shown.length) throw new Error("the ends do not lead to the ends");
    let before = 0;
    for (let position = 0; position <= text.length; position += 1 + (text.length >> 6)) {
      const place = at(position);
      if (place < before || place > shown.length) throw new Error(`place ${place} of ${position}`);
      before = place;
    }
    if (shown.split(GONE).length - 1 < count) throw new Error("fewer places than secrets");
    exitCodesIn(text);
    mentionsIn(text);
    if (templateOf(shown, []).length > 300) throw new Error("a template that is too long");
    return count > 0;
  },
};
