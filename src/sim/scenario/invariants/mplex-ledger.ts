/** What mplex messages say: no windows; flags that open, close and reset, and that tell who opened the stream. */
import type { ConnectionMessage } from '../../../messages.js';
import { decodeMplexHeader, isInitiatorFlag, type MplexHeader } from '../../../wire/mplex.js';
import type { Decoded } from '../../../wire/decoded.js';
import { StreamBooks, type StreamLedger } from './stream-books.js';
import type { Report, WireEnd } from './watch.js';

const ANY_LENGTH = { messageBytes: Infinity, nameBytes: Infinity } as const;

/** Checks `stream.id` and `stream.afterEnd` of mplex. */
export class MplexLedger implements StreamLedger {
  readonly #books: StreamBooks;
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
    this.#books = new StreamBooks(report, 'mplex', Infinity);
  }

  hear(node: string, message: ConnectionMessage, end: WireEnd | undefined): void {
    const { connection, stream, direction, event, chunks } = message;
    if (direction === 'inbound' || stream === undefined) return;
    const header = mplexHeaderOf(chunks);
    if (header === undefined) return;
    const book = this.#books.session(node, connection);
    // Odd numbers are streams of the dialer: who opened it says so in every message.
    const isOpener = end === undefined ? undefined : stream % 2 === (end.role === 'dialer' ? 1 : 0);
    if (isOpener !== undefined && isOpener !== isInitiatorFlag(header.value.flag)) {
      const message = `the ${end?.role ?? ''} speaks as if it had ${isOpener ? 'not ' : ''}opened the stream`;
      this.#report({ invariant: 'stream.id', node, actor: `${connection}/mplex/${stream}`, message });
    }
    if (event === undefined) {
      book.sends(stream, message.length - header.size);
      return;
    }
    if (event.type === 'mplex.newStream') book.opens(stream, end?.role);
    const ends = /reset/.test(event.type) ? 'reset' : /close/.test(event.type) ? 'end' : undefined;
    book.says(stream, event.type, ends);
  }

  forget(node: string): void {
    this.#books.forget(node);
  }
}

/** The header of an outbound message, which is its first chunk. */
export function mplexHeaderOf([first]: readonly Uint8Array[]): Decoded<MplexHeader> | undefined {
  return first === undefined ? undefined : decodeMplexHeader(first, ANY_LENGTH);
}
