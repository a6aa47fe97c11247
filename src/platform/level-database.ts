/** What the Level stores share: the database's types, its sublevels, and its failures as our errors. */
import type { Level } from 'level';
import { EngineError, toEngineError } from '../errors.js';

/** A Level database whose keys and values are bytes. */
export type Database = Level<Uint8Array, Uint8Array>;
/** A part of it with keys of its own. */
export type Sublevel<Key> = ReturnType<typeof sublevelOf<Key>>;

export const BYTE_KEYS = { keyEncoding: 'view', valueEncoding: 'view' } as const;
export const TEXT_KEYS = { keyEncoding: 'utf8', valueEncoding: 'view' } as const;

/** The part of a database whose keys begin with `name`. */
export function sublevelOf<Key>(database: Database, name: string, encodings: typeof BYTE_KEYS | typeof TEXT_KEYS) {
  return database.sublevel<Key, Uint8Array>(name, encodings);
}

/** Runs an operation of Level; whatever it rejects with becomes `ERR_STORE_FAILED`. */
export async function attempt<Result>(what: string, operation: () => Promise<Result>): Promise<Result> {
  try {
    return await operation();
  } catch (cause) {
    throw toEngineError(cause, 'ERR_STORE_FAILED', 'local', `the Level store could not ${what}`);
  }
}

/** The error of an operation asked of a closed store. */
export function closed(what: string): EngineError {
  return new EngineError('ERR_STORE_FAILED', 'local', `the Level store could not ${what}: it is closed`);
}

/** Level answers Node buffers, whose methods differ from those of a plain array. */
export function plain(bytes: Uint8Array): Uint8Array;
export function plain(bytes: Uint8Array | undefined): Uint8Array | undefined;
export function plain(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes && new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
