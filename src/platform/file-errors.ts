/** What the file system refuses about a path that somebody named, as what it is: an argument that is wrong. */
import { EngineError } from '../errors.js';

/** The refusals that follow from the path; a full disk, or a broken one, is no wrong argument. */
const REFUSALS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of the path is no folder',
  EISDIR: 'it is a folder, and a file is wanted',
  EACCES: 'it may not be opened',
  EPERM: 'it may not be opened',
};

/**
 * What `thrown`, by the file system about `path`, is to be told as: `ERR_INVALID_ARGUMENT` with the path and the reason, or
 * `thrown` itself where the path is not what is wrong.
 */
export function fileFailure(path: string, thrown: unknown): unknown {
  const { code = '' } = thrown as NodeJS.ErrnoException;
  const why = Object.hasOwn(REFUSALS, code) ? REFUSALS[code] : undefined;
  if (why === undefined) return thrown;
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', `${path}: ${why} (${code})`, { cause: thrown });
}

/** What `work` with the file at `path` comes to. Rejects with {@link fileFailure}. */
export function atPath<Result>(path: string, work: Promise<Result>): Promise<Result> {
  return work.catch((thrown: unknown) => {
    throw fileFailure(path, thrown);
  });
}
