// Registries for the lab's nodes, a quick one and a slow one, and pods that come all day: their image is asked for at the mirror that the node names.
import { writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { inside } from "../boot.ts";
import { nodeSocket, withCri } from "../cri.ts";
import { inNode } from "../exec.ts";
import { imageParts } from "../image.ts";
import { paths } from "../node-files.ts";
import { type Registry, startRegistry } from "../registry.ts";
import type { LabNode } from "../state.ts";
import { each } from "./nodes.fixture.ts";
import type { Scene } from "./scene.fixture.ts";

/** containerd's file for one registry name, and what it says: all of it comes from this mirror. */
export const mirrorOf = (name: string): string => `${paths.registryHosts}/${name}.example/hosts.toml`;
export const hosts = ({ url }: Registry): string => `[host."${url}"]\n  capabilities = ["pull", "resolve"]\n`;

export class Mirrors {
  readonly quick: Registry;
  readonly slow: Registry;
  /** How long each pull took, ms, by node. */
  readonly pulled = new Map<string, number[]>();
  readonly #pulling = new AbortController();

  private constructor(quick: Registry, slow: Registry) {
    this.quick = quick;
    this.slow = slow;
  }

  static async open({ address }: Scene): Promise<Mirrors> {
    const layer = (text: string) => imageParts([{ name: "says", type: "file", mode: 0o644, data: Buffer.from(text) }]);
    const images = { "lab/report": layer("report"), "lab/one": layer("one"), "lab/two": layer("two") };
    return new Mirrors(
      await startRegistry({ address, images, delayMs: 0 }),
      await startRegistry({ address, images, delayMs: 1_500 }),
    );
  }

  /** Has a node take images of this registry name from one of the two. */
  async use(nodes: readonly LabNode[], name: string, registry: Registry): Promise<void> {
    for (const { pid } of nodes) {
      await inNode(pid, 'mkdir -p "$1"', [dirname(mirrorOf(name))]);
      await writeFile(inside(pid, mirrorOf(name)), hosts(registry));
    }
  }

  /** Each node pulls an image every two seconds until `rest`. */
  pull(nodes: readonly LabNode[]): void {
    for (const { name, pid } of nodes) {
      const took: number[] = [];
      this.pulled.set(name, took);
      void each(2_000, this.#pulling.signal, async () => {
        const at = performance.now();
        await withCri(nodeSocket(pid), (cri) =>
          cri("PullImage", { image: { image: "registry.example/lab/report:1" } }),
        );
        took.push(performance.now() - at);
      });
    }
  }

  /** No more pods come. */
  rest(): void {
    this.#pulling.abort();
  }

  async close(): Promise<void> {
    this.rest();
    await Promise.all([this.quick.close(), this.slow.close()]);
  }
}
