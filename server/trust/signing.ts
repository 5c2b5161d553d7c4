// The key that signs now, for the dispatcher: the one that the published document names, so that nothing is signed with a key nobody was told of.
import { readFileSync } from "node:fs";
import { parseTrust } from "./document.ts";
import { rereadOnChange, trustPaths } from "./files.ts";
import { parseSigningKeys, type SigningKey } from "./signing-keys.ts";

/**
 * Read again when a file changes: a rotation needs no restart.
 * @throws Error at the first call when a file is missing or damaged, or the key is not there
 */
export function loadSigningKey(dataDir: string): () => SigningKey {
  const paths = trustPaths(dataDir);
  return rereadOnChange([paths.document, paths.signing], () => {
    const { signer } = parseTrust(readFileSync(paths.document, "utf8")).content;
    const key = parseSigningKeys(readFileSync(paths.signing, "utf8")).find(({ keyId }) => keyId === signer);
    if (!key) throw new Error(`the signing key ${signer} is not in ${paths.signing}`);
    return key;
  });
}
