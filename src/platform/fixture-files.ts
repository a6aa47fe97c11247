/** Fixture files on disk, and what the process was told about them. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** The absolute path of a fixture that is given by path, from the working folder, or as a `file:` URL. */
export function fixturePath(fixture: string | URL): string {
  return typeof fixture === 'string' && !fixture.startsWith('file:') ? resolve(fixture) : fileURLToPath(fixture);
}

/** Whether there is a file. */
export function fixtureExists(path: string): boolean {
  return existsSync(path);
}

/** Writes a fixture whole or not at all, and the folders above it; a name that ends in `.gz` is packed. */
export async function writeFixture(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const unfinished = `${path}.${randomUUID()}.part`;
  try {
    await writeFile(unfinished, path.endsWith('.gz') ? await promisify(gzip)(text) : text);
    await rename(unfinished, path);
  } catch (thrown) {
    await rm(unfinished, { force: true });
    throw thrown;
  }
}

/** A variable of the environment; `undefined` where it is not set or empty. */
export function environmentVariable(name: string): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}
