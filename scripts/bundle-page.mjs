#!/usr/bin/env node
// Bundles the inspector's page into dist/inspect-page: one HTML file, one script, one style sheet, and nothing else that a
// browser would have to ask for. The style of charts comes from what tsc has put in dist/.
import { build } from 'esbuild';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = fileURLToPath(new URL('../', import.meta.url));
const out = `${root}dist/inspect-page/`;

/** The whole page, packed, stays below this. */
const MAX_GZIP_BYTES = 200 * 1024;

mkdirSync(out, { recursive: true });
await build({
  entryPoints: { page: `${root}src/page/main.tsx` },
  outdir: out,
  bundle: true,
  minify: true,
  platform: 'browser',
  target: 'es2022',
  format: 'iife',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  logLevel: 'warning',
  plugins: [
    {
      name: 'drawings without what the page has elsewhere',
      setup: ({ onLoad }) => {
        onLoad({ filter: /drawings\.json$/ }, ({ path }) => {
          const file = JSON.parse(readFileSync(path, 'utf8'));
          // What states mean stands in src/diagram/meanings, which the page has for its explanations.
          for (const { states } of file.drawings) for (const state of states) delete state.meaning;
          return { contents: JSON.stringify(file), loader: 'json' };
        });
      },
    },
  ],
});
const { chartCss } = await import('../dist/diagram/svg-style.js');
await build({
  entryPoints: { page: `${root}src/page/page.css` },
  outdir: out,
  bundle: true,
  minify: true,
  logLevel: 'warning',
  plugins: [
    {
      name: 'the style of charts',
      setup: ({ onResolve, onLoad }) => {
        onResolve({ filter: /^chart\.css$/ }, ({ path }) => ({ path, namespace: 'chart' }));
        onLoad({ filter: /.*/, namespace: 'chart' }, () => ({ contents: chartCss('light'), loader: 'css' }));
      },
    },
  ],
});
copyFileSync(`${root}src/page/index.html`, `${out}index.html`);
const packed = ['index.html', 'page.js', 'page.css'].reduce(
  (sum, name) => sum + gzipSync(readFileSync(out + name)).length,
  0,
);
console.log(`dist/inspect-page: ${Math.ceil(packed / 1024)} KiB packed`);
if (packed > MAX_GZIP_BYTES) throw new Error(`the page is ${packed} bytes packed; at most ${MAX_GZIP_BYTES}`);
