/** Reads what a page says, and refuses what the contract has no meaning for. */
import { EngineError } from '../errors.js';
import { LIMITS } from '../limits.js';
import type { InspectAbility, InspectCommand, InspectRequest } from './contract.js';

type Check = (value: unknown) => boolean;
type Fields = Readonly<Record<string, Check>>;

const isText: Check = (value) => typeof value === 'string';
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isAtLeastOne: Check = (value) => isCount(value) && Number(value) >= 1;
/** Milliseconds, and how many times as fast as real time. */
const isMeasure: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isHex: Check = (value) => typeof value === 'string' && /^(?:[0-9a-f]{2})*$/.test(value);
const oneOf =
  (...names: readonly string[]): Check =>
  (value) =>
    names.includes(value as string);
const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const CHANGES: Readonly<Record<string, Fields>> = {
  drop: {},
  delay: { byMs: isMeasure },
  bytes: { hex: isHex },
  duplicate: {},
  split: { atByte: isAtLeastOne },
};

const FAULTS: Readonly<Record<string, Fields>> = {
  cut: { from: isText, to: isText },
  clog: { from: isText, to: isText, forMs: isMeasure },
  heal: {},
  crash: { node: isText },
  restart: { node: isText },
};

const BREAKPOINT: Fields = {
  id: isCount,
  machine: maybe(isText),
  state: maybe(isText),
  edge: maybe(isText),
  frame: maybe(isText),
  actor: maybe(isText),
};

const isBreakpoints: Check = (value) =>
  Array.isArray(value) &&
  value.length <= LIMITS.inspectBreakpoints &&
  value.every((each) => isObject(each) && has(each, BREAKPOINT));

/** What each order has besides its name, and what a source has to be able to do for it. */
const COMMANDS: Readonly<Record<InspectCommand['name'], readonly [InspectAbility, Fields]>> = {
  replay: ['replay', { atSeq: maybe(isCount) }],
  fork: ['replay', { atSeq: isCount, change: (value) => isKind(value, CHANGES) }],
  pause: ['control', {}],
  resume: ['control', { speed: maybe(isMeasure) }],
  step: ['control', { timeMs: maybe(isMeasure) }],
  breakpoints: ['control', { breakpoints: isBreakpoints }],
  inject: ['control', { fault: (value) => isKind(value, FAULTS) }],
  export: ['export', { what: oneOf('trace', 'html', 'jest'), connection: maybe(isText) }],
};

/** What a source has to be able to do to carry out `command`. */
export function abilityFor(command: InspectCommand): InspectAbility {
  return COMMANDS[command.name][0];
}

/**
 * A request from its text. Fields that it does not know are let through, so that a newer page can say more.
 * @throws EngineError `ERR_INSPECT_BAD_REQUEST`.
 */
export function parseRequest(text: string): InspectRequest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw bad('it is not JSON', cause);
  }
  if (!isObject(value)) throw bad('it is not an object');
  if (value['type'] === 'credit') {
    if (!isCount(value['records'])) throw bad('credit takes a number of records');
    return value as unknown as InspectRequest;
  }
  if (value['type'] !== 'command') throw bad('its type is neither credit nor command');
  const { id, command } = value;
  if (!isCount(id)) throw bad('a command takes a number as its id');
  const name = isObject(command) ? command['name'] : undefined;
  const known = typeof name === 'string' && Object.hasOwn(COMMANDS, name) ? (name as keyof typeof COMMANDS) : undefined;
  if (known === undefined || !isObject(command)) throw bad('there is no such command');
  if (!has(command, COMMANDS[known][1])) throw bad(`${known} is not given what it takes`);
  return value as unknown as InspectRequest;
}

function isKind(value: unknown, kinds: Readonly<Record<string, Fields>>): boolean {
  if (!isObject(value) || typeof value['kind'] !== 'string' || !Object.hasOwn(kinds, value['kind'])) return false;
  return has(value, kinds[value['kind']] ?? {});
}

function has(value: Readonly<Record<string, unknown>>, fields: Fields): boolean {
  return Object.entries(fields).every(([name, check]) => check(value[name]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bad(why: string, cause?: unknown): EngineError {
  return new EngineError('ERR_INSPECT_BAD_REQUEST', 'remote', `the page's request is refused: ${why}`, { cause });
}
