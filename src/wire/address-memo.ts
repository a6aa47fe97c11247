/**
 * Addresses between text and bytes, remembered: the same few addresses stand in every message of a DHT, and the library takes
 * some 40 microseconds to read one and 15 to write one. Bounded in addresses and in bytes; whoever floods it with others
 * makes it forget, and costs what it would cost without it.
 */
import { LIMITS } from '../limits.js';
import { multiaddrFromBytes, multiaddrToBytes } from './multiaddr.js';

/** Two generations: when the first is full it becomes the second, and what nobody asked for since is gone. */
class Memo<Value> {
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  /** What was found for a key before, or what `find` finds; what it throws is not remembered. */
  get(key: string, find: () => Value): Value {
    const known = this.#young.get(key);
    if (known !== undefined || this.#young.has(key)) return known as Value;
    const value = this.#old.has(key) ? (this.#old.get(key) as Value) : find();
    if (this.#young.size >= LIMITS.kadAddressesCached / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
    return value;
  }
}

const texts = new Memo<string | undefined>();
const binaries = new Memo<Uint8Array>();

/** As {@link multiaddrFromBytes}. */
export function addressFromBytes(bytes: Uint8Array): string | undefined {
  if (bytes.length > LIMITS.kadAddressCachedBytes) return multiaddrFromBytes(bytes);
  return texts.get(String.fromCharCode(...bytes), () => multiaddrFromBytes(bytes));
}

/** As {@link multiaddrToBytes}; nobody changes the bytes. Throws `ERR_INVALID_ARGUMENT`. */
export function addressToBytes(text: string): Uint8Array {
  if (text.length > LIMITS.kadAddressCachedBytes) return multiaddrToBytes(text);
  return binaries.get(text, () => multiaddrToBytes(text));
}
