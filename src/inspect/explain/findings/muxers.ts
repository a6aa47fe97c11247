/** What is found of sessions and streams: broken rules, windows, limits, farewells and resets. */
import type { ErrorCode } from '../../../errors.js';
import {
  capital,
  clause,
  detailOf,
  hintOf,
  peerOf,
  raise,
  spoken,
  withDetail,
  type Case,
  type Finder,
  type Finding,
} from '../case.js';
import type { ConnectionFacts, Incident } from '../facts.js';
import { byMeaning, silence } from './general.js';

/** What a stream is spoken for: the protocol that was agreed on it, or proposed. */
function protocolOn(connection: ConnectionFacts | undefined, stream: number | undefined): string | undefined {
  if (connection === undefined || stream === undefined) return undefined;
  return connection.agreed.get(stream) ?? connection.negotiations.get(stream)?.ours[0];
}

function streamName({ connection, stream }: Incident): string {
  const protocol = protocolOn(connection, stream);
  return `stream ${stream ?? ''}${protocol === undefined ? '' : ` (${protocol})`}`.replace('  ', ' ');
}

/** A rule of the muxer that the peer broke: which one, the code says. */
function broke(what: string): Finder {
  return (given: Case): Finding => {
    const { incident, code } = given;
    const of = incident.machine?.endsWith('Stream') === true ? ` on ${streamName(incident)}` : '';
    return {
      cause: withDetail(`${capital(peerOf(incident.connection))} ${what}${of}.`, incident),
      change: [
        hintOf(code),
        ...raise(code),
        'Report it to whoever makes the peer’s implementation: it breaks a rule of the muxer.',
      ],
    };
  };
}

const outOfOrder: Finder = (given) => {
  const { incident, code } = given;
  const { machine, state, event, connection } = incident;
  if (machine?.endsWith('Session') === true) return broke('sent a frame that the session does not expect')(given);
  return {
    cause: withDetail(
      `${capital(peerOf(connection))} sent ${event.replace(/^wire\./, '')} on ${streamName(incident)} in ${state ?? ''}, which does not expect it.`,
      incident,
    ),
    change: [hintOf(code)],
  };
};

/** A stream that the peer reset: what it was for, and what was going on. */
const reset: Finder = ({ incident, code }) => {
  const { negotiation, connection, state, machine } = incident;
  if (machine === 'bitswapOutbound') {
    return { cause: 'No try to open a bitswap stream to the peer worked.', change: [hintOf(code)] };
  }
  if (machine === 'identifyPush') {
    return { cause: 'The stream of identify push broke before the message was out.', change: [hintOf(code)] };
  }
  const isAgreed = connection?.agreed.has(incident.stream) === true;
  const during = !isAgreed && negotiation !== undefined ? ' while its protocol was negotiated' : '';
  return {
    cause: `${capital(peerOf(connection))} reset ${streamName(incident)}${during}, in ${state ?? 'no state that the trace tells'}.`,
    change: [
      'Look into the log of the peer: its handler failed, it is over a limit, or it does not serve this protocol to us.',
      hintOf(code),
    ],
  };
};

const farewell: Finder = ({ incident, code }) => {
  const isSession = incident.machine?.endsWith('Session') === true;
  return {
    cause: isSession
      ? withDetail(
          `${capital(peerOf(incident.connection))} went away with an error: it says that this side broke a rule.`,
          incident,
        )
      : `${capital(peerOf(incident.connection))} went away and does not serve ${streamName(incident)} any more.`,
    change: [
      hintOf(code),
      ...(isSession ? ['Look into the log of the peer for what it holds against this side.'] : []),
    ],
  };
};

const keepAlive: Finder = (given) => {
  const finding = silence(given);
  const { incident } = given;
  const { sinceMs, timeMs } = incident;
  const waited = sinceMs === undefined ? '' : ` within ${spoken(timeMs - sinceMs)}`;
  return {
    ...finding,
    cause: `${capital(peerOf(incident.connection))} did not answer the keep-alive ping${waited}: it is gone, or the link is.`,
  };
};

/** Our own limit on streams: the call is refused, nothing else happens. */
const ourLimit: Finder = ({ incident, code }) => ({
  cause: `This side’s bound on streams is reached${incident.message === '' ? '' : `: ${clause(detailOf(incident))}`}.`,
  change: ['Close streams that are not needed, or wait for some to end.', ...raise(code)],
});

const queueFull: Finder = ({ incident, code }) => ({
  cause: `The reader of ${streamName(incident)} is slower than ${peerOf(incident.connection)} sends, and mplex cannot tell it to wait.`,
  change: ['Read faster, or agree on yamux, which has flow control: option muxers (--muxer).', ...raise(code)],
});

const repliedTwice: Finder = (given) => {
  const { incident, code } = given;
  if (incident.ended !== 'repliedTwice') return outOfOrder(given);
  return {
    cause: `${capital(peerOf(incident.connection))} sent a SYN_REPLY on ${streamName(incident)} that is not due.`,
    change: [hintOf(code)],
  };
};

export const MUXER_FINDERS: Partial<Readonly<Record<ErrorCode, Finder>>> = {
  ERR_YAMUX_BAD_HEADER: broke('sent a frame that is not yamux version 0'),
  ERR_YAMUX_FRAME_TOO_LARGE: broke('announced a frame over the limit'),
  ERR_YAMUX_WINDOW_EXCEEDED: broke('sent more data than the window that it was granted'),
  ERR_YAMUX_WINDOW_OVERFLOW: broke('granted a window beyond 32 bits'),
  ERR_YAMUX_BAD_STREAM_ID: broke('opened a stream with an id of the wrong parity, or one used before'),
  ERR_YAMUX_PING_FLOOD: broke('sent pings faster than they can be answered'),
  ERR_YAMUX_UNEXPECTED: outOfOrder,
  ERR_YAMUX_GO_AWAY: farewell,
  ERR_YAMUX_KEEPALIVE: keepAlive,
  ERR_YAMUX_BACKLOG: ourLimit,
  ERR_YAMUX_TOO_MANY_STREAMS: ourLimit,
  ERR_MPLEX_BAD_HEADER: broke('sent a message that is not mplex'),
  ERR_MPLEX_MESSAGE_TOO_LARGE: broke('announced a message over the limit'),
  ERR_MPLEX_NAME_TOO_LONG: broke('named a stream with more bytes than the limit'),
  ERR_MPLEX_BAD_STREAM_ID: broke('opened a stream with an id that another of its streams has'),
  ERR_MPLEX_UNEXPECTED: outOfOrder,
  ERR_MPLEX_QUEUE_FULL: queueFull,
  ERR_MPLEX_TOO_MANY_STREAMS: ourLimit,
  ERR_SPDY_BAD_VERSION: broke('sent a frame that is not SPDY version 3'),
  ERR_SPDY_BAD_FRAME: broke('sent a frame whose length or fields cannot be'),
  ERR_SPDY_FRAME_TOO_LARGE: broke('announced a control frame over the limit'),
  ERR_SPDY_BAD_HEADERS: broke('sent a header block that is none'),
  ERR_SPDY_HEADERS_TOO_LARGE: broke('sent a header block that opens to more than the limit'),
  ERR_SPDY_BAD_COMPRESSION: broke('sent a header block that zlib cannot open'),
  ERR_SPDY_BAD_DICTIONARY: broke('compresses its header blocks with another dictionary than that of SPDY/3'),
  ERR_SPDY_WINDOW_EXCEEDED: broke('sent more data than the window that it was granted'),
  ERR_SPDY_WINDOW_OVERFLOW: broke('granted a window beyond 31 bits'),
  ERR_SPDY_BAD_STREAM_ID: broke('named a stream with an id of the wrong parity, or one used before'),
  ERR_SPDY_FLOOD: broke('sent pings or settings faster than they can be of use'),
  ERR_SPDY_UNEXPECTED: repliedTwice,
  ERR_SPDY_GO_AWAY: farewell,
  ERR_SPDY_KEEPALIVE: keepAlive,
  ERR_SPDY_TOO_MANY_STREAMS: ourLimit,
  ERR_STREAM_RESET: reset,
  ERR_STREAM_RESET_FLOOD: broke('opens streams only to reset them, faster than the bound'),
  ERR_STREAM_LIMIT: byMeaning,
  ERR_OUTBOX_OVERFLOW: broke('asks for more answers than it reads'),
};
