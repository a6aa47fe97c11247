/** A node and its child process, over the child's standard input and output. */
import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { duplexTransport } from '../../src/platform/duplex-transport.js';
import { seededBytes } from '../peers/peers.js';
import { echoed } from '../support/live-echo.js';
import { liveNode } from '../support/live-node.js';

test('streams to a child process over stdio; it ends when the connection does', async () => {
  const program = fileURLToPath(new URL('stdio-child.mjs', import.meta.url));
  if (!existsSync(fileURLToPath(new URL('../../dist/index.js', import.meta.url)))) {
    throw new Error('dist/ is missing: npm run build');
  }
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const peerId = await new Promise<string>((resolve) =>
    child.stderr.once('data', (line: Buffer) => resolve(line.toString().trim())),
  );
  const stdio = duplexTransport({ connect: () => ({ readable: child.stdout, writable: child.stdin }) });
  const node = await liveNode({ listen: [], transports: [stdio] });
  const bytes = seededBytes(1, 1_000_000);
  const stream = await node.openStream(`/memory/child/p2p/${peerId}`, '/echo/1.0.0');
  expect(Buffer.compare(await echoed(stream, bytes), bytes)).toBe(0);
  await node.stop();
  expect(await ended).toBe(0);
});
