/** One failure with what explaining it needs: its code, and words for who, where and for how long. */
import { ERROR_HINTS, type ErrorCode } from '../../errors.js';
import type { TraceHeader, TraceRecord } from '../../trace/format.js';
import { MEANINGS } from '../../diagram/meanings/index.js';
import type { ConnectionFacts, Incident } from './facts.js';
import { limitOf } from './limits-of.js';

/** A failure to explain. */
export interface Case {
  readonly incident: Incident;
  readonly code: ErrorCode;
  readonly header: TraceHeader;
  readonly at: (seq: number | undefined) => TraceRecord | undefined;
}

/** What is found: why, and what to change. */
export interface Finding {
  readonly cause: string;
  readonly change: readonly string[];
  /** Where the kind does not say it well enough. */
  readonly title?: string;
  readonly offered?: readonly string[];
  readonly wanted?: readonly string[];
}

/** Looks at one kind of failure. */
export type Finder = (given: Case) => Finding;

/** What a state means; `undefined` for one that no machine of ours has. */
export function meaningOf(machine: string | undefined, state: string | undefined): string | undefined {
  if (machine === undefined || state === undefined || !Object.hasOwn(MEANINGS, machine)) return undefined;
  const states = MEANINGS[machine];
  if (states === undefined) return undefined;
  // Of parallel regions the last one that says what is waited for.
  const path = state.split('|').find((one) => one.includes('awaiting')) ?? state.split('|')[0] ?? state;
  return Object.hasOwn(states, path) ? states[path] : undefined;
}

/** What a state waits for, in words: `message 2 (e, ee, s, es) of the responder`. */
export function awaited(machine: string | undefined, state: string | undefined): string | undefined {
  for (let path = state; path !== undefined && path !== ''; path = parentOf(path)) {
    const meaning = meaningOf(machine, path);
    const what =
      meaning === undefined ? undefined : /[Ww]aits for (.+?)(?:: |; |, (?:or|which) |\.$)/.exec(meaning)?.[1];
    if (what !== undefined) return what;
  }
  return undefined;
}

function parentOf(path: string): string {
  return path.includes('|') ? '' : path.split('.').slice(0, -1).join('.');
}

/** A sentence without its full stop. */
export function clause(sentence: string): string {
  return sentence.replace(/\.$/, '');
}

/** An error's message without the layer's name before it. */
export function detailOf({ message }: Incident): string {
  return message.replace(/^[a-z]+: /, '');
}

/** A sentence, with what the error says in brackets where it says something. */
export function withDetail(sentence: string, incident: Incident): string {
  const detail = detailOf(incident);
  return detail === '' ? sentence : `${clause(sentence)} (${detail}).`;
}

/** Milliseconds as people say them: `10 s`, `250 ms`. */
export function spoken(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  return `${Number.isInteger(seconds) ? seconds : seconds.toFixed(1)} s`;
}

/** `the peer 12D3Koo...` where it has proven who it is, else `the peer at ADDRESS`, else `the peer`. */
export function peerOf(connection: ConnectionFacts | undefined): string {
  if (connection === undefined) return 'the peer';
  if (connection.peer !== '') return `the peer ${connection.peer}`;
  return connection.remote === '' ? 'the peer' : `the peer at ${connection.remote}`;
}

/** The advice of the table of codes. */
export function hintOf(code: ErrorCode): string {
  return ERROR_HINTS[code];
}

/** The advice to raise the bound behind a failure. */
export function raise(code: ErrorCode): readonly string[] {
  const limit = limitOf(code);
  return limit === undefined ? [] : [`Raise ${limit} if the bound is too tight.`];
}

/** Protocols by the names that options give them. */
const PROTOCOLS: Readonly<Record<string, string>> = {
  noise: '/noise',
  tls: '/tls/1.0.0',
  secio: '/secio/1.0.0',
  plaintext: '/plaintext/2.0.0',
  'unsafe-plaintext-1': '/plaintext/1.0.0',
  yamux: '/yamux/1.0.0',
  mplex: '/mplex/6.7.0',
  spdy: '/spdy/3.1.0',
};

/** The protocols that this side speaks, as the header says; where it does not, the defaults. */
export function spokenHere(header: TraceHeader, what: 'security' | 'muxers'): readonly string[] {
  const list: unknown = header.engine.config[what] ?? (what === 'security' ? ['noise'] : ['yamux']);
  if (!Array.isArray(list)) return [];
  return list
    .slice(0, 16)
    .filter((name): name is string => typeof name === 'string' && name.length < 100)
    .map((name) => (Object.hasOwn(PROTOCOLS, name) ? (PROTOCOLS[name] ?? name) : name));
}

/** For the peer and for ourselves: a call at the beginning of a sentence. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
