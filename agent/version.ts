// The agent's own version, shown in the console and sent in the first frame; the bundle is built from the same number.
import manifest from "./package.json" with { type: "json" };

export const AGENT_VERSION: string = manifest.version;
