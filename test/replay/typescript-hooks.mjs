// Lets Node import the TypeScript of test/, and gives it the engine as it was built: `src/x.js` is `dist/x.js`.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

const source = new URL('../../src/', import.meta.url).href;
const built = new URL('../../dist/', import.meta.url).href;

export function resolve(specifier, context, nextResolve) {
  if (!specifier.startsWith('.') || !context.parentURL?.endsWith('.ts')) return nextResolve(specifier, context);
  const { href } = new URL(specifier, context.parentURL);
  if (href.startsWith(source)) return nextResolve(href.replace(source, built), context);
  const typescript = href.replace(/\.js$/, '.ts');
  return nextResolve(existsSync(fileURLToPath(typescript)) ? typescript : href, context);
}

export async function load(url, context, nextLoad) {
  if (!url.endsWith('.ts')) return nextLoad(url, context);
  const { code } = await transform(await readFile(fileURLToPath(url), 'utf8'), { loader: 'ts', target: 'es2023' });
  return { format: 'module', source: code, shortCircuit: true };
}
