/**
 * The books of every stream, kept from the frames alone: who opened it, whether it has ended, what was granted. The rules
 * are the same for every muxer; each muxer's ledger says what its frames mean. The engine's own counters are not asked.
 */
import type { ConnectionMessage } from '../../../messages.js';
import type { InvariantId } from '../failure.js';
import type { Report, WireEnd } from './watch.js';

/** One muxer's ledger: reads its messages into the books. */
export interface StreamLedger {
  /** Books one message of its layer, at the node that published it. */
  hear(node: string, message: ConnectionMessage, end: WireEnd | undefined): void;
  /** Forgets a node that has died. */
  forget(node: string): void;
}

/** One stream as one end sees it. */
export interface Account {
  /** Bytes that this end may still send; infinite where the muxer has no windows. */
  creditBytes: number;
  endSent: boolean;
  resetSent: boolean;
}

/** One end of a connection. */
export class SessionBook {
  /** Bytes that this end may still send on all streams together. */
  creditBytes = Infinity;
  /** What a stream begins with. */
  initialCreditBytes: number;
  readonly accounts = new Map<number, Account>();
  #lastOpened = 0;
  readonly #violated: (invariant: InvariantId, stream: number, what: string) => void;

  constructor(initialCreditBytes: number, violated: (invariant: InvariantId, stream: number, what: string) => void) {
    this.initialCreditBytes = initialCreditBytes;
    this.#violated = violated;
  }

  account(stream: number): Account {
    let account = this.accounts.get(stream);
    if (account === undefined) {
      account = { creditBytes: this.initialCreditBytes, endSent: false, resetSent: false };
      this.accounts.set(stream, account);
    }
    return account;
  }

  /** This end opens a stream: odd ones are the dialer's, and each is above the one before. */
  opens(stream: number, role: WireEnd['role'] | undefined): void {
    if (role !== undefined && stream % 2 !== (role === 'dialer' ? 1 : 0)) {
      this.#violated('stream.id', stream, `the ${role} opened stream ${stream}`);
    }
    if (stream <= this.#lastOpened) {
      this.#violated('stream.id', stream, `stream ${stream} was opened after stream ${this.#lastOpened}`);
    }
    this.#lastOpened = stream;
  }

  /** This end sends data. */
  sends(stream: number, size: number): void {
    const account = this.account(stream);
    if (account.endSent || account.resetSent) {
      const end = account.resetSent ? 'a reset' : 'the end';
      this.#violated('stream.afterEnd', stream, `${size} bytes of data follow ${end}`);
    }
    if (size > account.creditBytes) {
      this.#violated('stream.credit', stream, `${size} bytes were sent, and ${account.creditBytes} more were granted`);
    }
    if (size > this.creditBytes) {
      const what = `${size} bytes were sent, and ${this.creditBytes} more were granted to the session`;
      this.#violated('stream.credit', stream, what);
    }
    account.creditBytes -= size;
    this.creditBytes -= size;
  }

  /** This end says something on a stream that is no data: what, in words, and whether it ends its half or all of it. */
  says(stream: number, what: string, ends?: 'end' | 'reset'): void {
    const account = this.account(stream);
    if (account.resetSent) this.#violated('stream.afterEnd', stream, `${what} follows a reset`);
    if (account.endSent && ends === 'end') this.#violated('stream.afterEnd', stream, 'the end was sent twice');
    account.endSent ||= ends === 'end';
    account.resetSent ||= ends === 'reset';
  }
}

/** The books of every session of one muxer. */
export class StreamBooks {
  readonly #report: Report;
  readonly #muxer: string;
  readonly #initialCreditBytes: number;
  readonly #sessions = new Map<string, SessionBook>();

  /** `muxer`: its name in addresses. `initialCreditBytes`: what a stream begins with. */
  constructor(report: Report, muxer: string, initialCreditBytes: number) {
    this.#report = report;
    this.#muxer = muxer;
    this.#initialCreditBytes = initialCreditBytes;
  }

  session(node: string, connection: string): SessionBook {
    const key = `${node} ${connection}`;
    let session = this.#sessions.get(key);
    if (session === undefined) {
      session = new SessionBook(this.#initialCreditBytes, (invariant, stream, message) => {
        this.#report({ invariant, node, actor: `${connection}/${this.#muxer}/${stream}`, message });
      });
      this.#sessions.set(key, session);
    }
    return session;
  }

  forget(node: string): void {
    for (const key of this.#sessions.keys()) if (key.startsWith(`${node} `)) this.#sessions.delete(key);
  }
}
