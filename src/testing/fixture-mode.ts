/** What is done about fixtures in this run: they are replayed unless its environment says to record. */
import { EngineError } from '../errors.js';
import { environmentVariable } from '../platform/fixture-files.js';

/**
 * `replay` (default): never writes. `missing`: records what has no file. `update`: records what has none or no longer
 * replays. `record`: records all anew.
 */
export type FixtureMode = 'replay' | 'missing' | 'update' | 'record';

/** The mode, and whether it is forced to `replay` because this is a CI. */
export interface FixtureSettings {
  readonly mode: FixtureMode;
  readonly isCi: boolean;
}

const MODES: readonly FixtureMode[] = ['replay', 'missing', 'update', 'record'];

/**
 * Reads `SWARMCHART_TRACE` and `CI`; `jest --ci` counts as a CI as well. There nothing is ever written.
 * @throws EngineError `ERR_INVALID_ARGUMENT` for a mode that there is not.
 */
export function fixtureSettings(): FixtureSettings {
  const asked = environmentVariable('SWARMCHART_TRACE') ?? 'replay';
  const mode = MODES.find((known) => known === asked);
  if (mode === undefined) {
    const why = `SWARMCHART_TRACE is "${asked}"; it can be ${MODES.join(', ')}`;
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', why);
  }
  const isCi = isSet(environmentVariable('CI')) || refusesSnapshots();
  return { mode: isCi ? 'replay' : mode, isCi };
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '0' && value !== 'false';
}

/** jest tells its workers of `--ci` only by what snapshots may do. */
function refusesSnapshots(): boolean {
  const found: unknown = Reflect.get(globalThis, 'expect');
  if (typeof found !== 'function' || !('getState' in found) || typeof found.getState !== 'function') return false;
  const state = (found.getState as () => { readonly snapshotState?: { readonly _updateSnapshot?: unknown } })();
  return state.snapshotState?._updateSnapshot === 'none';
}
