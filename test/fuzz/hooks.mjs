// As test/replay/typescript-hooks.mjs; jest's own functions, which the support of the tests mentions, are nothing here.
import { load, resolve as resolveTypeScript } from '../replay/typescript-hooks.mjs';

const NO_JEST = `data:text/javascript,${encodeURIComponent('export const expect = undefined;')}`;

export { load };

export function resolve(specifier, context, nextResolve) {
  if (specifier === '@jest/globals') return { url: NO_JEST, shortCircuit: true };
  return resolveTypeScript(specifier, context, nextResolve);
}
