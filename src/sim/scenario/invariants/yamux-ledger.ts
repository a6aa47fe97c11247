/**
 * The books of every yamux stream, kept from the frames alone: what a node may send, and what it sent. The engine's own
 * counters are not asked.
 */
import { LIMITS } from '../../../limits.js';
import type { ConnectionMessage } from '../../../messages.js';
import { YAMUX_HEADER_BYTES } from '../../../wire/yamux.js';
import type { InvariantId } from '../failure.js';
import type { Report } from './watch.js';

/** One stream as one end sees it. */
interface Account {
  /** Bytes this end may still send. */
  creditBytes: number;
  sentBytes: number;
  finSent: boolean;
  resetSent: boolean;
}

/** One end of a connection. */
interface Session {
  readonly accounts: Map<number, Account>;
  lastOpened: number;
}

/** Checks `yamux.credit`, `yamux.streamId` and `yamux.afterEnd`. */
export class YamuxLedger {
  readonly #report: Report;
  readonly #sessions = new Map<string, Session>();

  constructor(report: Report) {
    this.#report = report;
  }

  /** Books one message of layer yamux that belongs to a stream, at the node that published it. */
  hear(node: string, message: ConnectionMessage, role: 'dialer' | 'listener' | undefined): void {
    const { connection, stream = 0, direction, event } = message;
    const session = this.#sessionOf(`${node} ${connection}`);
    if (direction === 'inbound') {
      if (event?.type === 'yamux.windowUpdate') this.#granted(session, stream, event['flags'], event['length']);
      return;
    }
    const violated = (invariant: InvariantId, what: string): void =>
      this.#report({ invariant, node, actor: `${connection}/yamux/${stream}`, message: what });
    if (event === undefined) this.#sendsData(session, stream, message.length - YAMUX_HEADER_BYTES, violated);
    else if (event.type === 'yamux.windowUpdate') {
      this.#sendsControl(session, stream, flagsOf(event['flags']), role, violated);
    }
  }

  /** Forgets a node that has died. */
  forget(node: string): void {
    for (const key of this.#sessions.keys()) if (key.startsWith(`${node} `)) this.#sessions.delete(key);
  }

  #granted(session: Session, stream: number, flags: unknown, length: unknown): void {
    // The length of a reset is an error code.
    if (flagsOf(flags).has('RST')) return;
    accountOf(session, stream).creditBytes += Number(length);
  }

  #sendsData(session: Session, stream: number, size: number, violated: Violated): void {
    const account = accountOf(session, stream);
    if (account.finSent || account.resetSent) {
      violated('yamux.afterEnd', `${size} bytes of data follow ${account.resetSent ? 'RST' : 'FIN'}`);
    }
    if (size > account.creditBytes) {
      violated('yamux.credit', `${size} bytes were sent, and ${account.creditBytes} more were granted`);
    }
    account.creditBytes -= size;
    account.sentBytes += size;
  }

  #sendsControl(
    session: Session,
    stream: number,
    flags: ReadonlySet<string>,
    role: 'dialer' | 'listener' | undefined,
    violated: Violated,
  ): void {
    if (flags.has('SYN')) this.#opens(session, stream, role, violated);
    const account = accountOf(session, stream);
    if (account.resetSent) violated('yamux.afterEnd', `a frame (${[...flags].join('|') || 'no flag'}) follows RST`);
    if (account.finSent && flags.has('FIN')) violated('yamux.afterEnd', 'FIN was sent twice');
    account.finSent ||= flags.has('FIN');
    account.resetSent ||= flags.has('RST');
  }

  #opens(session: Session, stream: number, role: 'dialer' | 'listener' | undefined, violated: Violated): void {
    const parity = role === 'dialer' ? 1 : 0;
    if (role !== undefined && stream % 2 !== parity) {
      violated('yamux.streamId', `the ${role} opened stream ${stream}`);
    }
    if (stream <= session.lastOpened) {
      violated('yamux.streamId', `stream ${stream} was opened after stream ${session.lastOpened}`);
    }
    session.lastOpened = stream;
  }

  #sessionOf(key: string): Session {
    let session = this.#sessions.get(key);
    if (session === undefined) {
      session = { accounts: new Map(), lastOpened: 0 };
      this.#sessions.set(key, session);
    }
    return session;
  }
}

type Violated = (invariant: InvariantId, what: string) => void;

function accountOf(session: Session, stream: number): Account {
  let account = session.accounts.get(stream);
  if (account === undefined) {
    account = { creditBytes: LIMITS.yamuxInitialWindowBytes, sentBytes: 0, finSent: false, resetSent: false };
    session.accounts.set(stream, account);
  }
  return account;
}

function flagsOf(flags: unknown): ReadonlySet<string> {
  return new Set(typeof flags === 'string' && flags !== '' ? flags.split('|') : []);
}
