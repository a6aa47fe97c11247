/** What yamux frames say: windows per stream, granted by window updates, and flags that open, end and reset. */
import { LIMITS } from '../../../limits.js';
import type { ConnectionMessage } from '../../../messages.js';
import { YAMUX_HEADER_BYTES } from '../../../wire/yamux.js';
import { StreamBooks, type StreamLedger } from './stream-books.js';
import type { Report, WireEnd } from './watch.js';

/** Checks `stream.credit`, `stream.id` and `stream.afterEnd` of yamux. */
export class YamuxLedger implements StreamLedger {
  readonly #books: StreamBooks;

  constructor(report: Report) {
    this.#books = new StreamBooks(report, 'yamux', LIMITS.yamuxInitialWindowBytes);
  }

  hear(node: string, message: ConnectionMessage, end: WireEnd | undefined): void {
    const { connection, stream, direction, event } = message;
    if (stream === undefined) return;
    const book = this.#books.session(node, connection);
    const isControl = event?.type === 'yamux.windowUpdate';
    const flags = flagsOf(event?.['flags']);
    if (direction === 'inbound') {
      // The length of a reset is an error code.
      if (isControl && !flags.has('RST')) book.account(stream).creditBytes += Number(event['length']);
    } else if (event === undefined) book.sends(stream, message.length - YAMUX_HEADER_BYTES);
    else if (isControl) {
      if (flags.has('SYN')) book.opens(stream, end?.role);
      const what = `a frame (${[...flags].join('|') || 'no flag'})`;
      // Both at once is a reset, and an end before it.
      if (flags.has('FIN')) book.says(stream, what, 'end');
      if (flags.has('RST') || !flags.has('FIN')) book.says(stream, what, flags.has('RST') ? 'reset' : undefined);
    }
  }

  forget(node: string): void {
    this.#books.forget(node);
  }
}

function flagsOf(flags: unknown): ReadonlySet<string> {
  return new Set(typeof flags === 'string' && flags !== '' ? flags.split('|') : []);
}
