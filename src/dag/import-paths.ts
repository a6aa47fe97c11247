/**
 * Paths of a tree that is imported. The importer library lets a later entry replace an earlier one of the same path, with
 * all that is below it, so what would lose content is refused before it gets there.
 */
import { EngineError } from '../errors.js';

/** What an entry of a tree is. */
export type EntryKind = 'file' | 'symlink' | 'directory';

/**
 * A check for the entries of one tree in their order. It answers whether the entry is to be imported: a directory that
 * its own content has announced already, or that comes again, adds nothing.
 *
 * Throws `ERR_INVALID_ARGUMENT` for a path that is empty, has an empty part, `.` or `..` in it, has a part that ends in a
 * backslash (the library takes it for an escape), comes twice, or leads through a file.
 */
export function checkImportPaths(): (path: string, kind: EntryKind) => boolean {
  const seen = new Map<string, EntryKind>();
  return (path, kind) => {
    const names = path.split('/');
    if (names.some((name) => name === '' || name === '.' || name === '..' || name.endsWith('\\'))) {
      throw refused(path, 'it must be names with slashes between them, none of them ".", ".." or ending in "\\"');
    }
    for (let depth = 1; depth < names.length; depth++) {
      const above = names.slice(0, depth).join('/');
      const aboveKind = seen.get(above);
      if (aboveKind === undefined) seen.set(above, 'directory');
      else if (aboveKind !== 'directory') throw refused(path, `"${above}" is a ${aboveKind}`);
    }
    const before = seen.get(path);
    if (before === 'directory' && kind === 'directory') return false;
    if (before !== undefined) throw refused(path, `there is a ${before} of that path already`);
    seen.set(path, kind);
    return true;
  };
}

function refused(path: string, reason: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', `"${path}" cannot be imported: ${reason}`);
}
