/** How a negotiation ends before its end: what ends it, in words, with the bytes that it failed on. */
import type { ErrorCode, FailureDetails } from '../../errors.js';
import type { MessageEvent } from '../../messages.js';
import { toHex } from '../../wire/hex.js';
import { encodeMultistreamMessage, MULTISTREAM_ID, MULTISTREAM_LS } from '../../wire/multistream.js';
import type { ReceiveBuffer } from '../receive-buffer.js';
import type { MultistreamOptions } from './multistream-handler.js';

/** The longest length prefix: what has to be seen of a message beside the message itself. */
export const PREFIX_BYTES = 9;
/** Bytes of the peer kept for the failure report. */
const LAST_BYTES_KEPT = 64;

/** Where a negotiation was when it failed. */
interface Heard {
  readonly state: string;
  /** The last message that could be read. */
  readonly last: string | undefined;
}

/** Whether nothing more can come: the transport, or the stream, is over. */
export function endsNegotiation(event: MessageEvent | undefined): boolean {
  switch (event?.type) {
    case 'transport.ended':
    case 'transport.failed':
    case 'stream.remoteClosed':
    case 'stream.reset':
    case 'stream.closed':
      return true;
    default:
      return false;
  }
}

/** Why it failed. */
export function describeFailure(code: ErrorCode, options: MultistreamOptions, heard: Heard): string {
  const { role, protocols, environment } = options;
  const wanted = role === 'dialer' ? `offering ${protocols.join(', ')}` : 'waiting for a proposal';
  const last = JSON.stringify(heard.last ?? '');
  switch (code) {
    case 'ERR_MULTISTREAM_NO_OVERLAP':
      return `the peer speaks none of ${protocols.join(', ')}`;
    case 'ERR_MULTISTREAM_BAD_HEADER':
      return `the peer began with ${last}, not with ${MULTISTREAM_ID}`;
    case 'ERR_MULTISTREAM_BAD_MESSAGE':
      return `the peer sent bytes that are no multistream message, while ${wanted}`;
    case 'ERR_MULTISTREAM_TOO_MANY':
      return heard.last === MULTISTREAM_LS
        ? `the peer asked for more than ${environment.limits.multistreamLists} lists`
        : `the peer proposed more than ${environment.limits.multistreamProposals} protocols, last ${last}`;
    case 'ERR_MULTISTREAM_TIMEOUT':
      return `nothing was agreed within ${environment.limits.multistreamTimeoutMs} ms, while ${wanted}`;
    case 'ERR_MULTISTREAM_ENDED':
      return `the peer closed while ${wanted}`;
    default:
      return `the peer sent ${last} in ${heard.state}, while ${wanted}`;
  }
}

/** What could not be read, or else the last message that was. */
export function lastBytesOf(
  unread: ReceiveBuffer,
  last: string | undefined,
): Pick<FailureDetails, 'lastBytesHex' | 'lastBytesDecoded'> {
  if (unread.length > 0) return { lastBytesHex: toHex(unread.peek(LAST_BYTES_KEPT)) };
  if (last === undefined) return {};
  const line = encodeMultistreamMessage(last).subarray(0, LAST_BYTES_KEPT);
  return { lastBytesHex: toHex(line), lastBytesDecoded: JSON.stringify(last) };
}
