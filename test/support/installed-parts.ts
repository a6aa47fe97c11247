/**
 * Our package in the folder of a peer, as a user's installation has it: what `npm run build` made, beside the peer's own
 * js-libp2p, so that both take the same copies of its packages. Only what the peer lacks comes from our `node_modules`.
 */
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** Puts it there anew; `folder` is below `test/`, and one suite at a time asks for it. */
export function installParts(folder: string): void {
  if (!existsSync(join(ROOT, 'dist/libp2p/index.js'))) throw new Error('dist/libp2p is missing: npm run build');
  const target = join(ROOT, folder, 'node_modules', 'swarmchart');
  const fresh = `${target}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  cpSync(join(ROOT, 'dist'), join(fresh, 'dist'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(fresh, 'package.json'));
  rmSync(target, { recursive: true, force: true });
  renameSync(fresh, target);
}
