/** After the pass: several failures that are one, and codes for those that nothing named. */
import type { ErrorCode } from '../../errors.js';
import type { TraceHeader, TraceRecord } from '../../trace/format.js';
import { nodeOf } from '../../trace/tools/addresses.js';
import { unnamedCode } from './endings.js';
import type { ConnectionFacts, DialFacts, Incident } from './facts.js';
import { objectOf, stepOf, textOf } from './reading.js';
import type { WorldFacts } from './world.js';

/** What joining and naming need to know. */
export interface JoiningContext {
  readonly world: WorldFacts;
  readonly header: TraceHeader;
  readonly at: (seq: number | undefined) => TraceRecord | undefined;
}

/** The failures as they are told: joined, each with a code, in the order of the trace. */
export function joined(incidents: readonly Incident[], context: JoiningContext): readonly Incident[] {
  const gone = new Set<Incident>();
  const whole = incidents.map((incident) => joinRefused(incident, incidents, gone));
  for (const incident of whole) incident.code ??= codeFor(incident, context);
  const dials = dialsOf(whole, context, gone);
  const own = new Set(
    whole.flatMap(({ code, connection }) =>
      code === 'ERR_DIAL_SELF' && connection !== undefined ? [endsOf(connection.remote, connection.local)] : [],
    ),
  );
  // The far side of a connection of a node with itself fails because the near one does.
  const isFarSide = ({ code, connection }: Incident): boolean =>
    code !== 'ERR_DIAL_SELF' && connection !== undefined && own.has(endsOf(connection.local, connection.remote));
  return [...whole.filter((incident) => !gone.has(incident) && !isFarSide(incident)), ...dials].sort(
    (left, right) => left.seq - right.seq,
  );
}

function endsOf(from: string, to: string): string {
  return `${from} ${to}`;
}

/** The connection that a hook's refusal ended is part of the refusal. */
function joinRefused(refusal: Incident, all: readonly Incident[], gone: Set<Incident>): Incident {
  if (refusal.code !== 'ERR_CONNECTION_DENIED' || refusal.machine !== undefined) return refusal;
  const ended = all.find(
    ({ node, machine, code, seq, timeMs }) =>
      node === refusal.node &&
      machine === 'connection' &&
      (code === undefined || code === 'ERR_CONNECTION_DENIED') &&
      seq > refusal.seq &&
      timeMs === refusal.timeMs,
  );
  if (ended === undefined) return refusal;
  gone.add(ended);
  const { seq, actor, event, consequences, calls } = refusal;
  return {
    ...ended,
    seq,
    actor,
    event,
    code: refusal.code,
    blame: refusal.blame,
    message: refusal.message === '' ? ended.message : refusal.message,
    consequences: [...consequences, ended.seq, ...ended.consequences],
    calls: [...calls, ...ended.calls],
  };
}

/** A dial of several addresses that failed is one failure; its parts are what became of each. */
function dialsOf(incidents: readonly Incident[], { world, at }: JoiningContext, gone: Set<Incident>): Incident[] {
  const parts = new Map<DialFacts, Incident[]>();
  for (const incident of incidents) {
    const dial = incident.connection?.dial;
    if (dial === undefined || dial.connections.length < 2 || incident.stream !== undefined) continue;
    parts.set(dial, [...(parts.get(dial) ?? []), incident]);
  }
  const dials: Incident[] = [];
  for (const [dial, each] of parts) {
    const life = world.actors.get(dial.actor);
    const seq = life?.steps.at(-1);
    const step = at(seq);
    const last = each.at(-1);
    if (life === undefined || step === undefined || last === undefined) continue;
    if (life.state !== 'exhausted' && life.state !== 'timedOut') continue;
    const own = incidents.find(({ actor }) => actor === dial.actor);
    for (const part of [...each, ...(own === undefined ? [] : [own])]) gone.add(part);
    dials.push({
      ...last,
      ...own,
      actor: dial.actor,
      machine: 'dial',
      state: stepOf(step)?.from,
      ended: life.state,
      code: life.state === 'timedOut' ? 'ERR_DIAL_TIMEOUT' : 'ERR_DIAL_FAILED',
      blame: 'remote',
      message: '',
      event: stepOf(step)?.event ?? '',
      connection: undefined,
      dial,
      transport: undefined,
      seq: step.seq,
      timeMs: step.time,
      life,
      below: [],
      consequences: [],
      parts: each,
      calls: own?.calls ?? last.calls,
    });
  }
  return dials;
}

/** A code by where and on what something failed. */
function codeFor(incident: Incident, context: JoiningContext): ErrorCode {
  const { machine, ended, connection, state } = incident;
  if (machine === undefined || ended === undefined) return 'ERR_ENGINE_ASSERTION';
  if (machine === 'routerAsk' && incident.below.some(({ state: of }) => of === 'alone')) return 'ERR_DHT_NO_PEERS';
  if (machine !== 'connection' || connection === undefined)
    return unnamedCode(machine, ended) ?? 'ERR_ENGINE_ASSERTION';
  if (connection.broken !== undefined) return connection.broken.code;
  if (state === 'upgrading.connecting') return 'ERR_TRANSPORT_FAILED';
  const by = context.at(context.at(incident.seq)?.cause);
  if (by !== undefined && textOf(objectOf(by.data, 'event'), 'type').endsWith('.secured')) {
    return isItself(connection, context) ? 'ERR_DIAL_SELF' : 'ERR_CONNECTION_DENIED';
  }
  return brokenChannel(connection, by);
}

/** Whether both ends of a connection are of one node. */
function isItself(connection: ConnectionFacts, { world, header }: JoiningContext): boolean {
  if (connection.peer !== '' && connection.peer === header.vantagePoint) return true;
  const node = nodeOf(connection.address);
  return [...world.connections.values()].some(
    ({ address, local, remote }) =>
      nodeOf(address) === node && local !== '' && local === connection.remote && remote === connection.local,
  );
}

const BROKEN_CHANNEL: Readonly<Record<string, ErrorCode>> = {
  noise: 'ERR_NOISE_BAD_FRAME',
  secio: 'ERR_SECIO_BAD_MAC',
  tls: 'ERR_TLS_BAD_RECORD',
};

/** Bytes came in that the secure channel does not open; else nothing tells why. */
function brokenChannel({ security }: ConnectionFacts, by: TraceRecord | undefined): ErrorCode {
  const code = Object.hasOwn(BROKEN_CHANNEL, security) ? BROKEN_CHANNEL[security] : undefined;
  return by !== undefined && code !== undefined ? code : 'ERR_CONNECTION_CLOSED';
}
