/**
 * What SPDY frames say: a window per stream and one for the session, whose start the peer's settings tell. What came says
 * only that it came; how much it grants is what the other end wrote, in the same order.
 */
import type { ConnectionMessage, MessageEvent } from '../../../messages.js';
import { SPDY_DEFAULT_WINDOW_BYTES, SPDY_HEADER_BYTES } from '../../../wire/spdy.js';
import { StreamBooks, type SessionBook, type StreamLedger } from './stream-books.js';
import type { Report, WireEnd } from './watch.js';

/** A grant on its way: of a stream, or of the session, or the start window that settings tell. */
interface Grant {
  readonly kind: 'stream' | 'session' | 'settings';
  readonly stream: number;
  readonly bytes: number;
}

/** Checks `stream.credit`, `stream.id` and `stream.afterEnd` of SPDY. */
export class SpdyLedger implements StreamLedger {
  readonly #books: StreamBooks;
  /** Grants under way, by wire and the role of who gave them. */
  readonly #underWay = new Map<string, Grant[]>();

  constructor(report: Report) {
    this.#books = new StreamBooks(report, 'spdy', SPDY_DEFAULT_WINDOW_BYTES);
  }

  hear(node: string, message: ConnectionMessage, end: WireEnd | undefined): void {
    const { connection, stream, direction, event } = message;
    const book = this.#books.session(node, connection);
    // Before anything is granted the session has the spec's window, as each stream has.
    if (book.creditBytes === Infinity) book.creditBytes = SPDY_DEFAULT_WINDOW_BYTES;
    if (direction === 'inbound') {
      if (event !== undefined && end !== undefined) this.#came(book, event, end);
    } else if (event === undefined) {
      if (stream !== undefined) book.sends(stream, message.length - SPDY_HEADER_BYTES);
    } else {
      this.#leaves(book, event, stream, end);
    }
  }

  forget(node: string): void {
    this.#books.forget(node);
  }

  #leaves(book: SessionBook, event: MessageEvent, stream: number | undefined, end: WireEnd | undefined): void {
    const grant = grantOf(event, stream);
    if (grant !== undefined && end !== undefined) this.#under(end.wire, end.role).push(grant);
    if (stream === undefined) return;
    if (event.type === 'spdy.synStream') book.opens(stream, end?.role);
    const ends = event.type === 'spdy.rstStream' ? 'reset' : event['flags'] === 'FIN' ? 'end' : undefined;
    book.says(stream, event.type, ends);
  }

  #came(book: SessionBook, { type }: MessageEvent, { wire, role }: WireEnd): void {
    if (type !== 'spdy.windowUpdate' && type !== 'spdy.settings') return;
    const grant = this.#under(wire, role === 'dialer' ? 'listener' : 'dialer').shift();
    if (grant === undefined) return;
    if (grant.kind === 'session') book.creditBytes += grant.bytes;
    else if (grant.kind === 'stream') book.account(grant.stream).creditBytes += grant.bytes;
    else {
      // Streams that live begin anew with the other window, and keep what they spent.
      const change = grant.bytes - book.initialCreditBytes;
      book.initialCreditBytes = grant.bytes;
      for (const account of book.accounts.values()) account.creditBytes += change;
    }
  }

  #under(wire: string, giver: WireEnd['role']): Grant[] {
    const key = `${giver} ${wire}`;
    let grants = this.#underWay.get(key);
    if (grants === undefined) this.#underWay.set(key, (grants = []));
    return grants;
  }
}

function grantOf(event: MessageEvent, stream: number | undefined): Grant | undefined {
  if (event.type === 'spdy.settings') return { kind: 'settings', stream: 0, bytes: Number(event['windowBytes']) };
  if (event.type !== 'spdy.windowUpdate') return undefined;
  return { kind: stream === undefined ? 'session' : 'stream', stream: stream ?? 0, bytes: Number(event['value']) };
}
