/** Who judges which values: a map from the namespace of a routing key to its validator. */
import { namespaceOf } from '../../crypto/ipns-name.js';
import { EngineError } from '../../errors.js';
import type { ValueValidator } from '../router.js';
import { ipnsValidator, type ValidatorOptions } from './ipns.js';
import { pkValidator } from './pk.js';

export { ipnsValidator, type ValidatorOptions } from './ipns.js';
export { pkValidator } from './pk.js';

/** Validators by namespace, e.g. `ipns`. */
export type ValueValidators = ReadonlyMap<string, ValueValidator>;

/** Those of the public network, `ipns` and `pk`, and `more` besides or instead. */
export function valueValidators(
  options: ValidatorOptions,
  more: Readonly<Record<string, ValueValidator>> = {},
): ValueValidators {
  return new Map([['pk', pkValidator], ['ipns', ipnsValidator(options)], ...Object.entries(more)]);
}

/** The validator of a key. Throws `ERR_VALUE_NAMESPACE`, with remote blame, for keys that nobody judges. */
export function validatorFor(validators: ValueValidators, key: Uint8Array): ValueValidator {
  const namespace = namespaceOf(key);
  const validator = namespace === undefined ? undefined : validators.get(namespace);
  if (validator !== undefined) return validator;
  const what = namespace === undefined ? 'the key has no namespace' : `the key is under /${namespace.slice(0, 32)}/`;
  throw new EngineError('ERR_VALUE_NAMESPACE', 'remote', what);
}
