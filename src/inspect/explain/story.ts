/** The way to a failure and what came of it, in records of the trace. */
import type { TraceRecord } from '../../trace/format.js';
import { shortAddress } from '../../trace/tools/addresses.js';
import { describeRecord } from '../../trace/tools/describe.js';
import { meaningOf, peerOf, type Case } from './case.js';
import type { StoryStep } from './explanation.js';
import type { Incident } from './facts.js';
import { errorIn, stepOf } from './reading.js';

/** Steps of the machine that failed, told before its failure. */
const STEPS_TOLD = 10;
/** What followed, and frames of a negotiation. */
const FOLLOWERS_TOLD = 8;
const FRAMES_TOLD = 16;
/** Characters of one step. */
const TEXT_CHARACTERS = 400;
/** Records of one chain; a longer one is told from its end. */
const CHAIN_RECORDS = 64;

/** The records that led to the failure, the first one first. */
export function chainOf({ incident, header, at }: Case): readonly number[] {
  const own = causesOf(incident.seq, at);
  if (own.length > 1 && incident.parts.length === 0) return own;
  const { sinceSeq, transport, parts } = incident;
  const before =
    parts.length > 0
      ? parts.flatMap((part) => chainOf({ incident: part, code: part.code ?? 'ERR_DIAL_FAILED', header, at }))
      : transport !== undefined && transport.seq < incident.seq
        ? [...causesOf(incident.connection?.firstSeq ?? transport.seq, at), transport.seq]
        : sinceSeq !== undefined && sinceSeq < incident.seq
          ? causesOf(sinceSeq, at)
          : [];
  return [...new Set([...before, ...own])].sort((left, right) => left - right);
}

function causesOf(seq: number, at: Case['at']): readonly number[] {
  const chain: number[] = [];
  for (let record = at(seq); record !== undefined && chain.length < CHAIN_RECORDS;) {
    chain.unshift(record.seq);
    // A cause lies before what follows from it; a trace where it does not is no reason to go round.
    record = record.cause === undefined || record.cause >= record.seq ? undefined : at(record.cause);
  }
  return chain;
}

/** How it came to the failure, the failure, and what followed. */
export function storyOf(given: Case): readonly StoryStep[] {
  const { incident, at } = given;
  const told = new Map<number, string>();
  const tell = (seq: number | undefined, text?: string): void => {
    const record = at(seq);
    if (record !== undefined && !told.has(record.seq)) told.set(record.seq, text ?? plainly(record));
  };
  beginning(incident, tell);
  tell(incident.seq, failure(incident, at(incident.seq)));
  for (const part of incident.parts.slice(0, FOLLOWERS_TOLD)) {
    tell(part.transport?.seq, transportText(part));
    tell(part.seq, failure(part, at(part.seq)));
  }
  for (const seq of lastOf(incident.negotiation?.seqs ?? [], incident.seq, FRAMES_TOLD)) tell(seq);
  for (const seq of lastOf(incident.life?.steps ?? [], incident.seq, STEPS_TOLD)) {
    const record = at(seq);
    const step = record === undefined ? undefined : stepOf(record);
    if (step === undefined || step.from === step.to) continue;
    if (at(record?.cause)?.name.startsWith('frame:') === true) tell(record?.cause);
    tell(seq);
  }
  const followers = incident.consequences.filter((seq) => {
    const record = at(seq);
    const step = record === undefined ? undefined : stepOf(record);
    return step !== undefined && step.from !== step.to;
  });
  for (const seq of followers.slice(0, FOLLOWERS_TOLD)) tell(seq);
  for (const seq of incident.calls.slice(0, FOLLOWERS_TOLD)) tell(seq, callText(at(seq)));
  return [...told].map(([seq, text]) => ({ seq, text })).sort((left, right) => left.seq - right.seq);
}

function beginning(incident: Incident, tell: (seq: number | undefined, text?: string) => void): void {
  const { connection, dial, life, wants } = incident;
  if (dial?.callSeq !== undefined) tell(dial.callSeq, `the caller asked for ${dial.target}`);
  else if (incident.machine === undefined) tell(incident.sinceSeq);
  if (connection !== undefined) {
    const way = connection.role === 'listener' ? 'accepted from' : 'dialed at';
    const where = connection.remote === '' ? '' : ` ${way} ${connection.remote}`;
    tell(connection.firstSeq, `${shortAddress(connection.address)}: the connection begins${where}`);
  }
  tell(incident.transport?.seq, transportText(incident));
  if (wants !== undefined) tell(wants.openedSeq, `${shortAddress(incident.actor)}: blocks are wanted`);
  if (life !== undefined && !life.isWhole) {
    tell(life.firstSeq, `${shortAddress(life.address)}: the trace begins here; what came before is not in it`);
  }
}

function transportText({ transport }: Incident): string | undefined {
  return transport === undefined ? undefined : `the transport says ${transport.code}: ${transport.message}`;
}

function failure(
  { machine, state, ended, event, connection, code }: Incident,
  record: TraceRecord | undefined,
): string {
  if (machine === undefined || ended === undefined) {
    if (record === undefined) return code ?? '';
    return record.name.startsWith('api:') ? (callText(record) ?? plainly(record)) : plainly(record);
  }
  const meaning = meaningOf(machine, ended);
  const of = connection === undefined ? '' : ` with ${peerOf(connection)}`;
  return `${machine}${of}: ${state ?? ''} -> ${ended} on ${event}${meaning === undefined ? '' : `. ${meaning}`}`;
}

function plainly(record: TraceRecord): string {
  const text = `${shortAddress(record.actor)}: ${describeRecord(record)}`;
  return text.length > TEXT_CHARACTERS ? `${text.slice(0, TEXT_CHARACTERS)}...` : text;
}

function callText(record: TraceRecord | undefined): string | undefined {
  if (record === undefined) return undefined;
  const error = errorIn(record.data);
  return error === undefined ? undefined : `the caller is told ${error.code}: ${error.message}`;
}

/** The last `count` of the numbers before `seq`. */
function lastOf(seqs: readonly number[], seq: number, count: number): readonly number[] {
  return seqs.filter((one) => one < seq).slice(-count);
}
