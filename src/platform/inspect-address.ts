/** Where the inspector of a daemon is, in its repo: `inspect.url`, readable by its owner alone, for it holds the token. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILE = 'inspect.url';
const OWNER_ONLY = 0o600;

/** Writes it anew, so that a file that was there lends it no mode. */
export async function tellInspectorOf(repo: string, url: string): Promise<void> {
  await forgetInspector(repo);
  await writeFile(join(repo, FILE), `${url}\n`, { mode: OWNER_ONLY, flag: 'wx' });
}

/** The address, or `undefined` where there is none. A daemon that was killed leaves its last one. */
export async function inspectorOf(repo: string): Promise<string | undefined> {
  return readFile(join(repo, FILE), 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}

/** Takes it away. */
export async function forgetInspector(repo: string): Promise<void> {
  await rm(join(repo, FILE), { force: true });
}
