/** Reads a scenario from JSON, and says by name what is wrong with one that nobody could run. */
import { MUXER_NAMES } from '../../chain-protocols.js';
import { EngineError } from '../../errors.js';
import {
  SCENARIO_FORMAT,
  SECURITY_CHOICES,
  inOrder,
  type Fault,
  type FaultKind,
  type NetworkConditions,
  type Operation,
  type OperationKind,
  type Scenario,
} from './scenario.js';

/** What a field may hold. */
type Field = 'ms' | 'offset' | 'chance' | 'node' | 'nodes' | 'count' | 'percent' | 'boolean' | readonly string[];

type FieldsOf<Item extends { readonly kind: string }> = {
  readonly [Kind in Item['kind']]: {
    readonly [Name in Exclude<keyof Extract<Item, { readonly kind: Kind }>, 'kind' | 'atMs'>]: Field;
  };
};

/** The fields of each operation besides `kind` and `atMs`. */
export const OPERATION_FIELDS: FieldsOf<Operation> = {
  add: { node: 'node', file: 'count', sizeBytes: 'count' },
  fetch: { node: 'node', file: 'count' },
  dial: { node: 'node', target: 'node' },
  disconnect: { node: 'node', target: 'node' },
  identify: { node: 'node', target: 'node' },
  ping: { node: 'node', target: 'node', count: 'count' },
  echo: { node: 'node', target: 'node', sizeBytes: 'count' },
  abandon: { node: 'node', target: 'node', sizeBytes: 'count' },
};

/** The fields of each fault besides `kind` and `atMs`. */
export const FAULT_FIELDS: FieldsOf<Fault> = {
  slow: { from: 'node', to: 'node', latencyMs: 'ms', bandwidthBytesPerSecond: 'count', forMs: 'ms' },
  partition: { group: 'nodes', direction: ['both', 'in', 'out'], forMs: 'ms' },
  clog: { from: 'node', to: 'node', forMs: 'ms' },
  reset: { from: 'node', to: 'node', midFrame: 'boolean' },
  halfOpen: { from: 'node', to: 'node' },
  silence: { from: 'node', to: 'node' },
  finish: { from: 'node', to: 'node' },
  corrupt: { from: 'node', to: 'node' },
  crash: { node: 'node', keepStore: 'boolean', silent: 'boolean', forMs: 'ms' },
  skew: { node: 'node', percent: 'percent', skewMs: 'offset', forMs: 'ms' },
  busy: { node: 'node', slowMs: 'ms', forMs: 'ms' },
  storeFailure: { node: 'node', what: ['reads', 'writes', 'all', 'full'], forMs: 'ms' },
  intruder: { from: 'node', to: 'node', how: ['garbage', 'garbageAfterGreeting', 'proposals', 'nothing'] },
};

const NETWORK_FIELDS: { readonly [Name in keyof NetworkConditions]: Field } = {
  latencyMs: 'ms',
  jitterMs: 'ms',
  bandwidthBytesPerSecond: 'count',
  lossChance: 'chance',
  chunking: ['whole', 'cut', 'joined', 'mixed'],
};

/** A simulation this large needs more memory than a process has. */
const MOST_NODES = 10_000;

/**
 * A scenario from its JSON text, operations and faults put in order of time.
 * @throws EngineError `ERR_SCENARIO_INVALID` that names the field.
 */
export function parseScenario(text: string): Scenario {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw invalid('it is not JSON', thrown);
  }
  return checkScenario(value);
}

/** The same for a value that was JSON once. */
export function checkScenario(value: unknown): Scenario {
  if (!isObject(value)) throw invalid('it is not an object');
  const { format, ciphers, security, muxer, network, operations, faults } = value;
  if (format !== SCENARIO_FORMAT)
    throw invalid(`format is ${String(format)}, this swarmchart reads ${SCENARIO_FORMAT}`);
  const nodes = numberOf(value, 'nodes', 1, MOST_NODES);
  const seed = numberOf(value, 'seed', 0, Number.MAX_SAFE_INTEGER);
  if (!['native', 'toy', 'real'].includes(String(ciphers))) throw invalid('ciphers must be native, toy or real');
  if (!isOneOf(SECURITY_CHOICES, security)) throw invalid(`security must be ${SECURITY_CHOICES.join(' or ')}`);
  if (muxer !== undefined && !isOneOf(MUXER_NAMES, muxer)) throw invalid(`muxer must be ${MUXER_NAMES.join(' or ')}`);
  if (!isObject(network)) throw invalid('network is missing');
  checkFields(network, NETWORK_FIELDS, nodes, 'network');
  checkItems(operations, 'operations', OPERATION_FIELDS, nodes);
  checkItems(faults, 'faults', FAULT_FIELDS, nodes);
  return {
    format: SCENARIO_FORMAT,
    seed,
    nodes,
    ciphers: ciphers as Scenario['ciphers'],
    security,
    ...(muxer === undefined ? {} : { muxer }),
    network: network as unknown as NetworkConditions,
    operations: inOrder(operations as Operation[]),
    faults: inOrder(faults as Fault[]),
    durationMs: numberOf(value, 'durationMs', 0, Number.MAX_SAFE_INTEGER),
    calmMs: numberOf(value, 'calmMs', 0, Number.MAX_SAFE_INTEGER),
  };
}

function isOneOf<Name extends string>(names: readonly Name[], value: unknown): value is Name {
  return (names as readonly unknown[]).includes(value);
}

function checkItems(
  items: unknown,
  list: string,
  kinds: Readonly<Record<OperationKind, unknown>> | Readonly<Record<FaultKind, unknown>>,
  nodes: number,
): void {
  if (!Array.isArray(items)) throw invalid(`${list} is not a list`);
  for (const [index, item] of (items as unknown[]).entries()) {
    const where = `${list}[${index}]`;
    if (!isObject(item)) throw invalid(`${where} is not an object`);
    const { kind } = item;
    const fields = typeof kind === 'string' && Object.hasOwn(kinds, kind) ? kinds[kind as never] : undefined;
    if (fields === undefined) throw invalid(`${where}: there is no kind "${String(kind)}"`);
    checkFields(item, { atMs: 'ms', ...(fields as Readonly<Record<string, Field>>) }, nodes, where);
    const [left, right] = [item['from'] ?? item['node'], item['to'] ?? item['target']];
    if (left !== undefined && left === right)
      throw invalid(`${where}: node ${JSON.stringify(left)} has no link to itself`);
  }
}

function checkFields(
  item: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, Field>>,
  nodes: number,
  where: string,
): void {
  for (const [name, field] of Object.entries(fields)) {
    const problem = problemOf(item[name], field, nodes);
    if (problem !== undefined) throw invalid(`${where}: ${name} ${problem}, got ${JSON.stringify(item[name])}`);
  }
  const strange = Object.keys(item).find((name) => name !== 'kind' && !Object.hasOwn(fields, name));
  if (strange !== undefined) throw invalid(`${where}: nothing is called ${strange} here`);
}

function problemOf(value: unknown, field: Field, nodes: number): string | undefined {
  const isNode = (one: unknown): boolean => Number.isInteger(one) && (one as number) >= 0 && (one as number) < nodes;
  if (typeof field !== 'string') return field.includes(String(value)) ? undefined : `must be ${field.join(' or ')}`;
  switch (field) {
    case 'node':
      return isNode(value) ? undefined : `must be a node from 0 to ${nodes - 1}`;
    case 'nodes':
      return Array.isArray(value) && value.every(isNode) ? undefined : `must list nodes from 0 to ${nodes - 1}`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'must be true or false';
    case 'ms':
      return isNumber(value, 0) ? undefined : 'must be milliseconds, 0 or more';
    case 'offset':
      return Number.isSafeInteger(value) ? undefined : 'must be whole milliseconds';
    case 'chance':
      return isNumber(value, 0) && (value as number) <= 1 ? undefined : 'must be from 0 to 1';
    case 'percent':
      return isNumber(value, 1) ? undefined : 'must be 1 or more';
    case 'count':
      return isNumber(value, 0) && Number.isInteger(value) ? undefined : 'must be a whole number, 0 or more';
    default:
      return field satisfies never;
  }
}

function isNumber(value: unknown, least: number): boolean {
  return typeof value === 'number' && value >= least && value <= Number.MAX_SAFE_INTEGER;
}

function numberOf(value: Readonly<Record<string, unknown>>, name: string, least: number, most: number): number {
  const number = value[name];
  if (typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most) return number;
  throw invalid(`${name} must be a whole number from ${least} to ${most}, got ${JSON.stringify(number)}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(what: string, cause?: unknown): EngineError {
  return new EngineError('ERR_SCENARIO_INVALID', 'local', `scenario: ${what}`, { cause });
}
