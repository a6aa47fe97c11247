/** The gate: whether a report covers enough, and what is missing. */
import { EngineError } from '../errors.js';
import type { CoverageReport, MachineCoverage, Share } from './report.js';

/** States and edges of one machine that need not be covered, each with the reason. */
export interface MachineWaivers {
  readonly states?: Readonly<Record<string, string>>;
  readonly edges?: Readonly<Record<string, string>>;
}

/** Waivers by machine id. */
export type Waivers = Readonly<Record<string, MachineWaivers>>;

/** What is asked. */
export interface GateOptions {
  /** Share of the edges of each machine that must be taken, waived ones left out. Default 0.95. */
  readonly edgeShare?: number;
  readonly waivers?: Waivers;
}

/** Why a gate is shut; empty when it is open. One line each. */
export type GateProblems = readonly string[];

const EDGE_SHARE = 0.95;

/**
 * Judges a report: every state of every machine reached, enough of the edges of each taken. A waiver for what is covered,
 * or for what is not in the chart, is a problem too: waivers must not outlive their reason.
 */
export function checkGate(
  report: CoverageReport,
  { edgeShare = EDGE_SHARE, waivers = {} }: GateOptions = {},
): GateProblems {
  const strangers = Object.keys(waivers).filter((id) => !Object.hasOwn(report.machines, id));
  return [
    ...Object.entries(report.machines).flatMap(([id, machine]) =>
      checkMachine(id, machine, edgeShare, Object.hasOwn(waivers, id) ? (waivers[id] ?? {}) : {}),
    ),
    ...strangers.map((id) => `${id}: waived, but there is no such machine`),
  ];
}

/**
 * Waivers from their JSON text.
 * @throws EngineError `ERR_INVALID_ARGUMENT` when it is not `{machine: {states: {path: reason}, edges: {id: reason}}}`,
 *   or a reason is empty.
 */
export function parseWaivers(text: string): Waivers {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid('they are not JSON', cause);
  }
  if (!isObject(value)) throw invalid('they are no object');
  for (const [id, machine] of Object.entries(value)) {
    if (!isObject(machine)) throw invalid(`${id} is no object`);
    for (const [kind, entries] of Object.entries(machine)) {
      if (kind !== 'states' && kind !== 'edges') throw invalid(`${id} has "${kind}"; states and edges can be waived`);
      if (!isObject(entries)) throw invalid(`${kind} of ${id} are no object`);
      const bare = Object.entries(entries).find(([, reason]) => typeof reason !== 'string' || reason.trim() === '');
      if (bare !== undefined) throw invalid(`"${bare[0]}" of ${id} has no reason`);
    }
  }
  return value as Waivers;
}

function checkMachine(id: string, machine: MachineCoverage, edgeShare: number, waivers: MachineWaivers): string[] {
  const { states = {}, edges = {} } = waivers;
  const missingStates = missing(machine.states, states);
  const missingEdges = missing(machine.edges, edges);
  const asked = Object.keys(machine.edges).filter((edge) => !Object.hasOwn(edges, edge)).length;
  const share: Share = { covered: asked - missingEdges.length, total: asked };
  const isEnough = share.covered >= edgeShare * share.total;
  return [
    ...missingStates.map((state) => `${id}: state "${state}" is never reached`),
    ...(isEnough ? [] : [`${id}: ${shareText(share)} of its edges are taken, ${percent(edgeShare)} are asked for`]),
    ...(isEnough ? [] : missingEdges.map((edge) => `${id}: edge "${edge}" is never taken`)),
    ...stale(id, 'state', machine.states, states),
    ...stale(id, 'edge', machine.edges, edges),
  ];
}

/** `12 of 13 (92.3 %)`. */
export function shareText({ covered, total }: Share): string {
  return `${covered} of ${total} (${percent(total === 0 ? 1 : covered / total)})`;
}

function missing(counts: Readonly<Record<string, number>>, waived: Readonly<Record<string, string>>): string[] {
  return Object.keys(counts).filter((key) => counts[key] === 0 && !Object.hasOwn(waived, key));
}

function stale(
  id: string,
  kind: string,
  counts: Readonly<Record<string, number>>,
  waived: Readonly<Record<string, string>>,
): string[] {
  return Object.keys(waived).flatMap((key) => {
    if (!Object.hasOwn(counts, key)) return [`${id}: ${kind} "${key}" is waived, but there is none of that name`];
    return counts[key] === 0 ? [] : [`${id}: ${kind} "${key}" is waived, but covered`];
  });
}

/** Rounded down, so that 100 % means all. */
function percent(share: number): string {
  return `${(Math.floor(share * 1000) / 10).toFixed(1)} %`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(what: string, cause?: unknown): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', `waivers: ${what}`, { cause });
}
