#!/usr/bin/env node
// Serves the example on loopback: node examples/inspect-embed/server.mjs [TRACE]. Needs `npm run build`.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const trace = process.argv[2] ?? here('../../test/replay/fixtures/bitswap-fetched-from-helia.trace.jsonl');

/** Path: what it is, and where it stands. The two parts of the inspector are found as any package's are. */
const files = {
  '/': ['text/html; charset=utf-8', here('index.html')],
  '/main.js': ['text/javascript; charset=utf-8', here('main.js')],
  '/host.css': ['text/css; charset=utf-8', here('host.css')],
  '/inspect.js': ['text/javascript; charset=utf-8', fileURLToPath(import.meta.resolve('swarmchart/inspect'))],
  '/inspect.css': ['text/css; charset=utf-8', fileURLToPath(import.meta.resolve('swarmchart/inspect.css'))],
  '/trace.jsonl': ['text/plain; charset=utf-8', trace],
};

const server = createServer(async (request, response) => {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  const [type, file] = Object.hasOwn(files, path) ? files[path] : [];
  if (file === undefined) {
    response.writeHead(404).end();
    return;
  }
  const body = await readFile(file).catch(() => undefined);
  if (body === undefined) {
    response.writeHead(500).end(`${path} cannot be read`);
    return;
  }
  response.writeHead(200, {
    'content-type': type,
    // All that is mounted works under a policy as strict as this one.
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'",
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
});

server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
