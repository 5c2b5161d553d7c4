// kill -9 of the product's processes while several rollouts stand in their middle.
import { until } from "../../testing/stack.ts";
import { type Scene, VICTIMS } from "./scene.fixture.ts";

/** Whoever takes part says when it is there; when all are, all processes are killed at once. */
export class Chaos {
  readonly #scene: Scene;
  readonly #awaited: string[] = [];
  readonly #there = new Set<string>();
  #strike: Promise<void> | undefined;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** Takes part; to be called before anything is waited for. */
  join(who: string): void {
    this.#awaited.push(who);
  }

  /** It is in its middle now. @returns when all have been killed and are back */
  async strike(who: string): Promise<void> {
    this.#there.add(who);
    this.#strike ??= (async () => {
      const isComplete = async () => (this.#awaited.every((one) => this.#there.has(one)) ? true : undefined);
      await until(`in their middle: ${this.#awaited.join(", ")}`, 90_000, isComplete, 100);
      await this.#scene.kill(VICTIMS);
    })();
    await this.#strike;
  }
}
