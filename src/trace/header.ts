/** The header of a trace that is about to be written. */
import { EngineError } from '../errors.js';
import { TRACE_FORMAT, type TraceClass, type TraceEngine, type TraceHeader } from './format.js';
import { machineHashes } from './machine-hash.js';
import { redactionOf } from './writer.js';

/** What a header says beyond what follows from the engine itself. */
export type HeaderFacts = Pick<TraceHeader, 'title' | 'vantagePoint'> &
  Pick<TraceEngine, 'class' | 'detail' | 'clock' | 'versions' | 'config'> &
  Partial<Pick<TraceEngine, 'seed' | 'plaintext' | 'observations' | 'partial'>>;

/** The header, with this engine's format, machines and rules of redaction. */
export function traceHeader({ title, vantagePoint, ...engine }: HeaderFacts): TraceHeader {
  return {
    title,
    vantagePoint,
    engine: {
      format: TRACE_FORMAT,
      seed: undefined,
      ...engine,
      machines: machineHashes(),
      redaction: redactionOf(engine.class),
    },
  };
}

/** What a file that holds secrets has in its name. */
export const SECRET_MARK = '.SECRET';

/**
 * Whether a trace of a class may be written to a file of this name; throws `ERR_INVALID_ARGUMENT` where not: class
 * `full` holds keys, and both the caller and whoever finds the file have to know.
 */
export function assertMayRecord(path: string, traceClass: TraceClass, unsafeIncludeSecrets = false): void {
  if (traceClass !== 'full') return;
  if (!unsafeIncludeSecrets) {
    throw refused('a trace of class full holds keys and payloads: it takes unsafeIncludeSecrets');
  }
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  if (!name.includes(SECRET_MARK)) {
    throw refused(
      `a trace of class full has ${SECRET_MARK} in its name, e.g. run${SECRET_MARK}.trace.jsonl; got ${name}`,
    );
  }
}

function refused(why: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', why);
}
