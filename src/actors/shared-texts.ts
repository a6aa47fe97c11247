/**
 * What many peers tell in the same words: their versions and lists of protocols. Kept once for all of them: for an idle
 * connection they would be more than half a kilobyte each time. Bounded; what is beyond is kept by each peer for itself.
 */
import { LIMITS, type Limits } from '../limits.js';

/** Bounds of {@link SharedTexts}. */
export type SharedTextLimits = Pick<Limits, 'sharedTexts' | 'sharedTextChars'>;

/** Texts and lists of a node. */
export class SharedTexts {
  readonly #limits: SharedTextLimits;
  /** First told first. */
  readonly #texts = new Map<string, string>();
  /** By their texts, as JSON. */
  readonly #lists = new Map<string, readonly string[]>();

  constructor(limits: SharedTextLimits = LIMITS) {
    this.#limits = limits;
  }

  /** The same text, in the memory of the first one that was told. */
  text(text: string): string {
    return this.#shared(this.#texts, text, () => text);
  }

  /** The same list, in the memory of the first one that was told; nobody may change it. */
  list(texts: readonly string[]): readonly string[] {
    return this.#shared(this.#lists, JSON.stringify(texts), () => Object.freeze(texts.map((text) => this.text(text))));
  }

  #shared<Kept>(kept: Map<string, Kept>, key: string, make: () => Kept): Kept {
    const known = kept.get(key);
    if (known !== undefined) return known;
    const made = make();
    if (key.length > this.#limits.sharedTextChars) return made;
    const [oldest] = kept.keys();
    if (oldest !== undefined && kept.size >= this.#limits.sharedTexts) kept.delete(oldest);
    kept.set(key, made);
    return made;
  }
}
