/** The kinds of failures: a title for each, and whose fault it is where the trace does not say. */
import type { Blame, ErrorCode } from '../../errors.js';

/** The first that matches names the kind. */
const TITLES: readonly (readonly [RegExp, string])[] = [
  [
    /^ERR_(?:MULTISTREAM_NO_OVERLAP|NOISE_NO_COMMON_MUXER|SECIO_NO_COMMON_SUITE|TLS_NO_COMMON_\w+)$/,
    'Nothing in common',
  ],
  [/^ERR_(?:PEER_ID_MISMATCH|IDENTIFY_KEY_MISMATCH|PK_MISMATCH)$/, 'Another peer answered'],
  [/^ERR_DIAL_SELF$/, 'Dialed itself'],
  [/^ERR_DIAL_BACKOFF$/, 'Not dialed: it failed lately'],
  [/^ERR_DIAL_NO_ADDRESS$/, 'No address known'],
  [/^ERR_DIAL_FAILED$/, 'Every address failed'],
  [/^ERR_(?:TRANSPORT_REFUSED|TRANSPORT_UNREACHABLE|TRANSPORT_FAILED|HTTP_FAILED)$/, 'Not reached'],
  [/^ERR_TRANSPORT_UNSUPPORTED$/, 'No transport for the address'],
  [/^ERR_CONNECTION_DENIED$/, 'Refused by the gater'],
  [/^ERR_ABORTED$/, 'Given up by the caller'],
  [/^ERR_BLOCK_NOT_FOUND$/, 'Nobody has the block'],
  [/^ERR_BITSWAP_TIMEOUT$/, 'The block did not come'],
  [/^ERR_(?:DHT_NO_PEERS|PROVIDE_NO_PEERS)$/, 'No peer of the DHT'],
  [/^ERR_ROUTING_FAILED$/, 'No router answered'],
  [/^ERR_DHT_NO_ANSWER$/, 'Nobody answered'],
  [/^ERR_(?:STORE_FAILED|REPO_\w+|PEERSTORE_\w+)$/, 'The store failed'],
  [/^ERR_ENGINE_/, 'A bug of this engine'],
  [/_(?:NOT_FOUND|NOT_STORED|UNREACHED)$/, 'Not found'],
  [/_BAD_(?:SIGNATURE|CERTIFICATE|FINISHED|NONCE|KEY)$/, 'Identity not proven'],
  [/_(?:NOISE_BAD_FRAME|SECIO_BAD_FRAME|SECIO_BAD_MAC|TLS_BAD_RECORD)$/, 'A frame that cannot be opened'],
  [/^ERR_PING_MISMATCH$/, 'A wrong echo'],
  [/_BAD_STREAM_ID$/, 'A stream id that cannot be'],
  [/_WINDOW_(?:EXCEEDED|OVERFLOW)$/, 'The window was overrun'],
  [
    /_(?:TOO_MANY\w*|BACKLOG|QUEUE_FULL|LIMIT|RATE|TOO_LARGE|TOO_LONG|FLOOD|BUSY|OVERFLOW|FULL)$/,
    'A limit was reached',
  ],
  [/_(?:TIMEOUT|KEEPALIVE|LOST|STALLED|LATE)$/, 'The peer went silent'],
  [/_(?:CLOSED|NONCE_EXHAUSTED)$/, 'It was closed'],
  [/^ERR_CONNECTION_TAKEN$/, 'A limit was reached'],
  [/^ERR_(?:MULTISTREAM_NO_LIST|DHT_NO_VALIDATOR|DHT_STALE_VALUE)$/, 'Refused'],
  [/_GO_AWAY$/, 'The peer is going away'],
  [/^ERR_STREAM_RESET$/, 'The peer reset the stream'],
  [/_ENDED$/, 'The peer ended it'],
  [/_UNEXPECTED$/, 'Out of order'],
  [/_(?:BAD_\w+|INVALID|BENCODE|PROTOBUF|VARINT|DAMAGED|NAME_TOO_LONG)$/, 'A message that does not decode'],
  [/_(?:REFUSED|DECLINED|ALERT|MISMATCH)$/, 'Refused'],
];

/** Failures of this side, where the trace does not say whose they are. */
const LOCAL: ReadonlySet<string> = new Set<ErrorCode>([
  'ERR_ABORTED',
  'ERR_INVALID_ARGUMENT',
  'ERR_DIAL_SELF',
  'ERR_DIAL_BACKOFF',
  'ERR_DIAL_NO_ADDRESS',
  'ERR_DIAL_RATE',
  'ERR_CONNECTION_DENIED',
  'ERR_CONNECTION_CLOSED',
  'ERR_TRANSPORT_UNSUPPORTED',
  'ERR_MPLEX_QUEUE_FULL',
  'ERR_STORE_FAILED',
  'ERR_BLOCK_NOT_FOUND',
  'ERR_DHT_NO_PEERS',
  'ERR_RESOLVE_FAILED',
  'ERR_DATAGRAM_FAILED',
  'ERR_IPNS_NOT_STORED',
  'ERR_KAD_LATE',
]);

/** Machines that hear this engine alone: an event that none of their states expects is a bug of ours. */
const OURS: ReadonlySet<string> = new Set([
  'dial',
  'resolution',
  'keepAlive',
  'connectionTrim',
  'pingMonitor',
  'rendezvousRegistration',
  'changeBatch',
  'routingCall',
  'routerAsk',
  'randomWalk',
  'bitswapSession',
  'providerSearch',
  'bitswapOutbound',
  'kadQuery',
  'tableUpkeep',
  'ipnsPublish',
  'ipnsResolve',
  'mdnsQuery',
  'mdnsAnswer',
  'trackerAnnounce',
  'httpRoutingRequest',
  'httpRoutingAnswer',
  'provideSweep',
  'provideRegion',
]);

/** A few words for a kind of failure. */
export function titleOf(code: ErrorCode): string {
  return TITLES.find(([pattern]) => pattern.test(code))?.[1] ?? 'A failure';
}

/** Whose fault a failure is that the trace blames on nobody. */
export function blameOf(code: ErrorCode, machine: string | undefined, ended: string | undefined): Blame {
  if (code.startsWith('ERR_ENGINE_')) return 'engine';
  if (ended === 'unexpected' && machine !== undefined && OURS.has(machine)) return 'engine';
  return LOCAL.has(code) ? 'local' : 'remote';
}
