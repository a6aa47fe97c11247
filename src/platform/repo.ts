/**
 * The repo: a folder with everything a node keeps.
 *
 *   version        "1"
 *   store/         the Level databases of blocks and data
 *   identity.key   the private key (libp2p keys protobuf), readable by its owner only
 *   holder.json    who has the repo open: process id and command
 *   rpc.*          socket, address and token of a daemon's RPC (rpc-socket.ts)
 *   swarmchart.json  the daemon's configuration, if its owner wrote one
 *
 * LevelDB's own lock says whether the repo is free: it goes with its process, however that ends. `holder.json` is written
 * by whoever has it, for the error that the next one gets; what a dead process left there is written over.
 */
import { open, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { EngineError } from '../errors.js';
import type { BlockStore, DataStore } from '../ports.js';
import { openLevelStores } from './level-store.js';
import type { LevelStores } from './level-store.js';

/** Where a node keeps its private key. */
export interface IdentityKeyStore {
  /** The private key as libp2p keys protobuf, or `undefined` when none was put yet. */
  get(): Promise<Uint8Array | undefined>;
  /** Replaces the key; the file is whole at every moment and readable by its owner only. */
  put(privateKey: Uint8Array): Promise<void>;
}

/** An open repo. Nobody else has it. */
export interface Repo {
  /** The folder, as an absolute path. */
  readonly folder: string;
  readonly blocks: BlockStore;
  readonly data: DataStore;
  readonly identityKey: IdentityKeyStore;
  /** Waits for the writes under way and gives the repo free. */
  close(): Promise<void>;
}

/** The layout of the folder that this code reads and writes. */
export const REPO_VERSION = 1;

const VERSION = 'version';
const STORE = 'store';
const IDENTITY = 'identity.key';
const HOLDER = 'holder.json';
const CONFIG = 'swarmchart.json';
const OWNER_ONLY = 0o600;

/**
 * Opens the repo in `folder`, and makes one where the folder is missing or empty.
 *
 * Rejects with `ERR_REPO_LOCKED`, naming the holder, while another process (or this one) has it open; with
 * `ERR_REPO_INVALID` for a folder with other things in it, another version, or a damaged store; with `ERR_STORE_FAILED`
 * when the disk refuses.
 */
export async function openRepo(folder: string): Promise<Repo> {
  const path = resolve(folder);
  await onDisk(`make the repo ${path}`, async () => {
    await mkdir(path, { recursive: true });
    await checkLayout(path);
  });
  const { blocks, data } = await openStores(path);
  const closeStores = async (): Promise<void> => {
    await blocks.close();
    await data.close();
  };
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    try {
      await onDisk('give the repo free', () => rm(join(path, HOLDER), { force: true }));
    } finally {
      await closeStores();
    }
  };
  try {
    await onDisk(`tidy the repo ${path}`, () => removeHalfWritten(path));
    const holder: Holder = { pid: process.pid, command: process.argv.join(' ') };
    await onDisk(`write to the repo ${path}`, () => writeWhole(join(path, HOLDER), JSON.stringify(holder)));
  } catch (error) {
    await closeStores();
    throw error;
  }
  return { folder: path, blocks, data, identityKey: identityKeyIn(path), close: () => (closing ??= close()) };
}

/** Writes the version into an empty folder; refuses a folder that is something else. */
async function checkLayout(path: string): Promise<void> {
  const version = await readIfThere(join(path, VERSION));
  if (version === undefined) {
    const foreign = (await readdir(path)).filter((name) => !isOurs(name));
    if (foreign.length > 0) throw invalid(path, `it holds other files (${foreign.slice(0, 3).join(', ')})`);
    await writeWhole(join(path, VERSION), `${REPO_VERSION}\n`);
    return;
  }
  const text = version.toString('utf8').trim();
  if (text !== String(REPO_VERSION)) {
    throw invalid(path, `its version is "${text.slice(0, 20)}", this swarmchart reads ${REPO_VERSION}`);
  }
}

/** Names that may be there before the version is: another process may be making the same repo now. */
function isOurs(name: string): boolean {
  return [VERSION, STORE, IDENTITY, HOLDER, CONFIG].some((ours) => name === ours || name.startsWith(`${ours}.`));
}

/**
 * Removes what processes left that ended while they wrote a file: half a key is nobody's business. Only the holder of the
 * lock writes the key and its name; a version may be under way still, by somebody who is about to learn of the lock.
 */
async function removeHalfWritten(path: string): Promise<void> {
  for (const name of await readdir(path)) {
    const [, file, pid] = /^(version|identity\.key|holder\.json)\.(\d+)$/.exec(name) ?? [];
    if (file === undefined || (file === VERSION && isAlive(Number(pid)))) continue;
    await rm(join(path, name), { force: true });
  }
}

async function openStores(path: string): Promise<LevelStores> {
  try {
    return await openLevelStores(join(path, STORE));
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    const code = (cause as { code?: unknown }).code;
    if (code === 'LEVEL_LOCKED') throw await locked(path, cause);
    if (code === 'LEVEL_CORRUPTION') throw invalid(path, 'its store is damaged', cause);
    throw new EngineError('ERR_STORE_FAILED', 'local', `could not open the store of the repo ${path}`, { cause });
  }
}

async function locked(path: string, cause: unknown): Promise<EngineError> {
  const holder = await readHolder(path);
  const who =
    holder === undefined
      ? 'another process, which has not written its name yet'
      : holder.pid === process.pid
        ? `this very process (${holder.pid})`
        : `process ${holder.pid} (${holder.command})`;
  return new EngineError('ERR_REPO_LOCKED', 'local', `the repo ${path} is held by ${who}`, { cause });
}

interface Holder {
  readonly pid: number;
  readonly command: string;
}

/** The holder's word for who it is, or `undefined` when there is none that makes sense. */
async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const holder: unknown = JSON.parse(await readFile(join(path, HOLDER), 'utf8'));
    const { pid, command } = holder as Partial<Holder>;
    return typeof pid === 'number' && typeof command === 'string' && isAlive(pid) ? { pid, command } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether there is such a process: one that died left its name behind, and the holder has not yet written over it. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function identityKeyIn(path: string): IdentityKeyStore {
  const file = join(path, IDENTITY);
  return {
    get: () =>
      onDisk('read the identity key', async () => {
        const bytes = await readIfThere(file);
        return bytes && new Uint8Array(bytes);
      }),
    put: (privateKey) => onDisk('write the identity key', () => writeWhole(file, privateKey)),
  };
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes beside the file and moves it there, so that a reader sees the old content or the new, never half of it. */
async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const beside = `${file}.${process.pid}`;
  try {
    const handle = await open(beside, 'w', OWNER_ONLY);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function onDisk<Result>(what: string, operation: () => Promise<Result>): Promise<Result> {
  try {
    return await operation();
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw new EngineError('ERR_STORE_FAILED', 'local', `could not ${what}`, { cause });
  }
}

function invalid(path: string, reason: string, cause?: unknown): EngineError {
  return new EngineError('ERR_REPO_INVALID', 'local', `${path} is not a repo: ${reason}`, { cause });
}
