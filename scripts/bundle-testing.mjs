#!/usr/bin/env node
// Bundles the testing entry as CommonJS, from what tsc has put in dist/: jest in its default mode loads nothing else.
//
// Packages that can be required stay outside; the ES modules among the dependencies are bundled in. Each bundle has types
// of its own, because a CommonJS file takes them from a .d.cts.
import { build } from 'esbuild';
import { statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));

/** Dependencies that have CommonJS builds. `level` must stay outside: it finds a native addon beside itself. */
const EXTERNAL = ['level', 'protobufjs', 'rxjs', 'ws', 'xstate'];

/** Where a module says where it is. */
const MODULE_URL = '__moduleUrl';

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  legalComments: 'none',
  logLevel: 'warning',
  external: EXTERNAL,
  define: { 'import.meta.url': MODULE_URL },
  banner: { js: `const ${MODULE_URL} = require('node:url').pathToFileURL(__filename).href;` },
};

await build({ ...common, entryPoints: [`${dist}testing/index.js`], outfile: `${dist}testing.cjs` });
await build({
  ...common,
  entryPoints: [`${dist}testing/jest.js`],
  outfile: `${dist}testing-jest.cjs`,
  // One copy of everything: the matchers know the views of the other bundle.
  plugins: [
    {
      name: 'the other bundle',
      setup: ({ onResolve }) => {
        onResolve({ filter: /^\.\/index\.js$/ }, () => ({ path: './testing.cjs', external: true }));
      },
    },
  ],
});
writeFileSync(`${dist}testing.d.cts`, "export * from './testing/index.js';\n");
writeFileSync(`${dist}testing-jest.d.cts`, "import './testing/jest.js';\n");

console.log(`dist/testing.cjs: ${Math.ceil(statSync(`${dist}testing.cjs`).size / 1024)} KiB`);
