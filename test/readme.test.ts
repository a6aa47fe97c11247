/** The README's example runs as it stands, against the built package. */
import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

test('the embedding example prints every state and then the answer', async () => {
  const built = join(root, 'dist/index.js');
  if (!existsSync(built)) throw new Error('dist/ is missing: npm run build');
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const example = /```js\n([\s\S]+?)```/.exec(readme)?.[1] ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'swarmchart-readme-'));
  try {
    const program = join(folder, 'example.mjs');
    writeFileSync(program, example.replace("'swarmchart'", JSON.stringify(pathToFileURL(built).href)));
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program], { timeout: 60_000 });
    expect(stderr).toBe('');
    const lines = stdout.trim().split('\n');
    expect(lines).toContain('HELLO');
    expect(lines).toEqual(expect.arrayContaining(['conn:2 open', 'conn:2/noise secured']));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 90_000);
