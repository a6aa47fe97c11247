/** The best of the values that a query hears, by the validator of the key's namespace. */
import { EngineError } from '../../errors.js';
import type { ValueValidator } from '../../routing/router.js';
import { namespaceOf } from '../../crypto/ipns-name.js';
import { sameBytes } from '../../crypto/private-keys.js';
import type { KadRecord } from '../../wire/kad.js';

/** Validators by namespace: `ipns` judges keys that begin with `/ipns/`. */
export type Validators = Readonly<Record<string, ValueValidator>>;

/** The validator of a key; `undefined` where nobody judges its namespace. */
export function validatorIn(validators: Validators, key: Uint8Array): ValueValidator | undefined {
  const namespace = namespaceOf(key) ?? '';
  return Object.hasOwn(validators, namespace) ? validators[namespace] : undefined;
}

/** As {@link validatorIn}. Throws `ERR_DHT_NO_VALIDATOR`. */
export function validatorOf(validators: Validators, key: Uint8Array): ValueValidator {
  const validator = validatorIn(validators, key);
  if (validator !== undefined) return validator;
  const what = `no validator for keys of the namespace "${namespaceOf(key) ?? ''}"`;
  throw new EngineError('ERR_DHT_NO_VALIDATOR', 'local', what);
}

/** Hears values and keeps the best. */
export class ValueChoice {
  readonly #key: Uint8Array;
  readonly #validator: ValueValidator;
  /** Peers whose value was the best that is known. */
  readonly #holders = new Set<string>();
  #best: Uint8Array | undefined;
  #valid = 0;

  constructor(key: Uint8Array, validator: ValueValidator) {
    this.#key = key;
    this.#validator = validator;
  }

  get best(): Uint8Array | undefined {
    return this.#best;
  }

  /** Values that passed the validator, the same one counted as often as it came. */
  get valid(): number {
    return this.#valid;
  }

  /** Takes what somebody says; answers whether it is better than all before. What is not valid is as if it was not there. */
  hear({ key, value }: KadRecord, from: string | undefined): boolean {
    try {
      if (!sameBytes(key, this.#key)) return false;
      this.#validator.validate(key, value);
    } catch {
      return false;
    }
    this.#valid++;
    const isSame = this.#best !== undefined && sameBytes(this.#best, value);
    const isBetter = !isSame && (this.#best === undefined || this.#selects(value, this.#best));
    if (isBetter) {
      this.#best = value;
      this.#holders.clear();
    }
    if ((isBetter || isSame) && from !== undefined) this.#holders.add(from);
    return isBetter;
  }

  /** Of these peers those that said something worse, or nothing. */
  stale(peers: readonly string[]): readonly string[] {
    return peers.filter((peer) => !this.#holders.has(peer));
  }

  #selects(value: Uint8Array, best: Uint8Array): boolean {
    try {
      return this.#validator.select(this.#key, [best, value]) === 1;
    } catch {
      return false;
    }
  }
}
