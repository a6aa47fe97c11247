/** Follows who is there: machines, connections, dials, negotiations; one record after another. */
import type { TraceRecord } from '../../trace/format.js';
import { connectionOf, nodeOf } from '../../trace/tools/addresses.js';
import type { ActorFacts, ConnectionFacts, DialFacts, Negotiation } from './facts.js';
import { errorIn, numberOf, objectOf, stepOf, textOf, textsOf, type Step, type ToldError } from './reading.js';

const HEADER = '/multistream/1.0.0';
/** Lines of one negotiation that are kept. */
const LINES_KEPT = 32;
/** Streams of one connection whose negotiations are kept. */
const NEGOTIATIONS_KEPT = 4_096;
const SECURITY_LAYERS: ReadonlySet<string> = new Set(['noise', 'secio', 'tls', 'plaintext']);

/** A call of the embedder's. */
export interface CallFacts {
  readonly seq: number;
  readonly timeMs: number;
  readonly method: string;
  readonly subject: string;
}

/** What is known of one node. */
export class NodeFacts {
  readonly calls = new Map<number, CallFacts>();
  lastCall: CallFacts | undefined;
  isStopping = false;
  /** Dials of the transport that no connection has taken yet. */
  readonly transportDials: { readonly dial: number; readonly address: string }[] = [];
  readonly failedDials = new Map<number, ToldError & { readonly seq: number }>();
}

/** All nodes of a trace, as they are after the last record that was shown. */
export class WorldFacts {
  readonly actors = new Map<string, ActorFacts>();
  readonly connections = new Map<string, ConnectionFacts>();
  readonly #dials = new Map<string, DialFacts>();
  readonly #nodes = new Map<string, NodeFacts>();
  readonly #at: (seq: number | undefined) => TraceRecord | undefined;

  constructor(at: (seq: number | undefined) => TraceRecord | undefined) {
    this.#at = at;
  }

  node(name: string): NodeFacts {
    const known = this.#nodes.get(name);
    if (known !== undefined) return known;
    const node = new NodeFacts();
    this.#nodes.set(name, node);
    return node;
  }

  /** The connection that `actor` belongs to, begun with `record` where it is new. */
  connection(actor: string, record: TraceRecord): ConnectionFacts | undefined {
    const of = connectionOf(actor);
    if (of === undefined) return undefined;
    const known = this.connections.get(of.address);
    if (known !== undefined) return known;
    const connection = newConnection(of.address, record);
    this.connections.set(of.address, connection);
    return connection;
  }

  dial(actor: string): DialFacts | undefined {
    return this.#dials.get(actor);
  }

  /** Takes a record in; of a step of a machine, after whoever judges it has seen the state before. */
  take(record: TraceRecord): void {
    const step = stepOf(record);
    if (step !== undefined) this.#step(record, step);
    else if (record.name.startsWith('frame:')) this.#frame(record);
    else if (record.name.startsWith('io:')) this.#io(record);
    else if (record.name.startsWith('transport:')) this.#transport(record);
    else if (record.name === 'api:called') this.#called(record);
  }

  #step(record: TraceRecord, step: Step): void {
    const { seq, time, actor, cause } = record;
    let life = this.actors.get(actor);
    if (life === undefined || step.from === '' || life.machine !== step.machine) {
      life = {
        address: actor,
        machine: step.machine,
        firstSeq: seq,
        isWhole: step.from === '',
        state: step.from,
        enteredSeq: seq,
        enteredMs: time,
        steps: [],
      };
      this.actors.set(actor, life);
      this.#begin(life, record, this.#at(cause));
    }
    if (life.state !== step.to) [life.enteredSeq, life.enteredMs] = [seq, time];
    life.state = step.to;
    life.steps.push(seq);
  }

  #begin(life: ActorFacts, record: TraceRecord, cause: TraceRecord | undefined): void {
    const node = this.node(nodeOf(life.address));
    if (life.machine === 'dial') {
      const { lastCall } = node;
      const called = lastCall?.timeMs === record.time ? lastCall : undefined;
      this.#dials.set(life.address, {
        actor: life.address,
        target: called?.subject ?? '',
        callSeq: called?.seq,
        connections: [],
      });
      return;
    }
    const connection = this.connection(life.address, record);
    if (connection === undefined) return;
    if (life.address !== connection.address) {
      connection.below.set(life.address, life);
      if (life.machine.startsWith('multistream')) beginNegotiation(connection, streamOf(life.address));
      return;
    }
    const dial = cause === undefined ? undefined : this.#dials.get(cause.actor);
    if (dial === undefined) return;
    connection.dial = dial;
    connection.role = 'dialer';
    dial.connections.push(connection);
    const transport = node.transportDials.shift();
    connection.transportDial = transport?.dial;
    connection.remote = transport?.address ?? '';
  }

  #frame(record: TraceRecord): void {
    const { name, actor, data } = record;
    const connection = this.connection(actor, record);
    if (connection === undefined) return;
    const layer = textOf(data, 'layer');
    const event = objectOf(data, 'event');
    if (SECURITY_LAYERS.has(layer) && connection.security === '') connection.security = layer;
    const type = textOf(event, 'type');
    if (type.endsWith('.secured')) connection.peer = textOf(event, 'peer');
    if (type === 'identify.identified') connection.protocols = textsOf(event, 'protocols');
    if (layer !== 'multistream') return;
    const stream = numberOf(data, 'stream');
    if (type === 'multistream.selected') connection.agreed.set(stream, textOf(event, 'protocol'));
    const negotiation = connection.negotiations.get(stream);
    if (negotiation === undefined) return;
    if (negotiation.seqs.length < LINES_KEPT) negotiation.seqs.push(record.seq);
    const isOurs = name === 'frame:encoded';
    const lines = isOurs ? textsOf(event, 'lines') : [textOf(event, 'text')];
    for (const line of type === 'multistream.selected' ? [] : lines) note(negotiation, line, isOurs);
  }

  #io(record: TraceRecord): void {
    const { name, actor, data, seq, time } = record;
    const connection = this.connection(actor, record);
    if (connection === undefined) return;
    if (name === 'io:opened') {
      const role = textOf(data, 'role');
      if (role === 'dialer' || role === 'listener') connection.role = role;
      connection.remote = textOf(data, 'remote');
      connection.local = textOf(data, 'local');
    } else if (name === 'io:bytes_received') {
      [connection.heardSeq, connection.heardMs] = [seq, time];
    } else if (name === 'io:closed') {
      const error = errorIn(data);
      if (error !== undefined) connection.broken = { ...error, seq };
    }
  }

  #transport({ name, actor, data, seq }: TraceRecord): void {
    const node = this.node(nodeOf(actor));
    const dial = numberOf(data, 'dial');
    if (dial === undefined) return;
    if (name === 'transport:dial') node.transportDials.push({ dial, address: textOf(data, 'address') });
    if (name === 'transport:failed') {
      const error = errorIn(data);
      if (error === undefined) return;
      node.failedDials.set(dial, { ...error, seq });
    }
  }

  #called({ actor, data, seq, time }: TraceRecord): void {
    const node = this.node(nodeOf(actor));
    const method = textOf(data, 'method');
    const [subject = ''] = textsOf(data, 'arguments');
    const call = { seq, timeMs: time, method, subject };
    node.lastCall = call;
    if (method === 'stop' && textOf(data, 'target') === 'node') node.isStopping = true;
    const number = numberOf(data, 'call');
    if (number !== undefined) node.calls.set(number, call);
  }
}

/** The stream that an actor of a connection belongs to. */
export function streamOf(actor: string): number | undefined {
  const number = /\/(?:yamux|mplex|spdy)\/(\d+)/.exec(actor)?.[1];
  if (number !== undefined) return Number(number);
  return /\/stream(?:\/|$)/.test(actor) ? SOLE_STREAM : undefined;
}

/** Number of the one stream of a connection without a muxer. */
const SOLE_STREAM = 1;

function newConnection(address: string, { seq, time }: TraceRecord): ConnectionFacts {
  return {
    address,
    firstSeq: seq,
    firstMs: time,
    role: undefined,
    remote: '',
    local: '',
    peer: '',
    dial: undefined,
    transportDial: undefined,
    security: '',
    heardSeq: undefined,
    heardMs: undefined,
    broken: undefined,
    protocols: [],
    negotiations: new Map(),
    agreed: new Map(),
    below: new Map(),
  };
}

function beginNegotiation({ negotiations, agreed }: ConnectionFacts, stream: number | undefined): void {
  if (negotiations.size >= NEGOTIATIONS_KEPT) negotiations.clear();
  agreed.delete(stream);
  negotiations.set(stream, { ours: [], theirs: [], heard: [], theirNa: 0, ourNa: 0, seqs: [] });
}

function note(negotiation: Negotiation, line: string, isOurs: boolean): void {
  if (!isOurs && negotiation.heard.length < LINES_KEPT) negotiation.heard.push(line);
  if (line === 'na') {
    if (isOurs) negotiation.ourNa++;
    else negotiation.theirNa++;
    return;
  }
  const said = isOurs ? negotiation.ours : negotiation.theirs;
  if (line !== HEADER && line !== '' && said.length < LINES_KEPT && !said.includes(line)) said.push(line);
}
