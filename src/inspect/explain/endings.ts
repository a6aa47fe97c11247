/** The states in which machines fail, and the code that each stands for. */
import type { ErrorCode } from '../../errors.js';

/** How a machine fails; `code` is absent where only what came with the event says which failure it is. */
export interface Ending {
  readonly code: ErrorCode | undefined;
}

type Codes = Readonly<Record<string, ErrorCode | undefined>>;

const MULTISTREAM: Codes = {
  badHeader: 'ERR_MULTISTREAM_BAD_HEADER',
  badMessage: 'ERR_MULTISTREAM_BAD_MESSAGE',
  unexpected: 'ERR_MULTISTREAM_UNEXPECTED',
  timedOut: 'ERR_MULTISTREAM_TIMEOUT',
  ended: 'ERR_MULTISTREAM_ENDED',
};

const TLS: Codes = {
  badRecord: 'ERR_TLS_BAD_RECORD',
  badMessage: 'ERR_TLS_BAD_MESSAGE',
  noCommonVersion: 'ERR_TLS_NO_COMMON_VERSION',
  noCommonSuite: 'ERR_TLS_NO_COMMON_SUITE',
  badCertificate: 'ERR_TLS_BAD_CERTIFICATE',
  peerMismatch: 'ERR_PEER_ID_MISMATCH',
  badSignature: 'ERR_TLS_BAD_SIGNATURE',
  badFinished: 'ERR_TLS_BAD_FINISHED',
  flooded: 'ERR_TLS_FLOOD',
  alerted: 'ERR_TLS_ALERT',
  unexpected: 'ERR_TLS_UNEXPECTED',
  timedOut: 'ERR_TLS_TIMEOUT',
  ended: 'ERR_TLS_ENDED',
};

/** By machine, then by the state that it fails into. What ends otherwise has not failed. */
const TABLE: Readonly<Record<string, Codes>> = {
  dial: {
    exhausted: 'ERR_DIAL_FAILED',
    timedOut: 'ERR_DIAL_TIMEOUT',
    cancelled: 'ERR_ABORTED',
    unexpected: 'ERR_CONNECTION_UNEXPECTED',
  },
  resolution: {
    failed: undefined,
    timedOut: 'ERR_RESOLVE_TIMEOUT',
    unexpected: 'ERR_CONNECTION_UNEXPECTED',
  },
  connection: {
    failed: undefined,
    ended: 'ERR_TRANSPORT_ENDED',
    unreachable: 'ERR_DIAL_TIMEOUT',
    timedOut: 'ERR_UPGRADE_TIMEOUT',
    unexpected: 'ERR_CONNECTION_UNEXPECTED',
  },
  keepAlive: { unexpected: 'ERR_KEEP_ALIVE_UNEXPECTED' },
  connectionTrim: { unexpected: 'ERR_TRIM_UNEXPECTED' },
  multistreamDialer: { ...MULTISTREAM, noOverlap: 'ERR_MULTISTREAM_NO_OVERLAP' },
  multistreamLazyDialer: { ...MULTISTREAM, refused: 'ERR_MULTISTREAM_NO_OVERLAP' },
  multistreamListener: { ...MULTISTREAM, tooMany: 'ERR_MULTISTREAM_TOO_MANY' },
  multistreamAsker: { ...MULTISTREAM, declined: 'ERR_MULTISTREAM_NO_LIST' },
  noiseHandshake: {
    badMessage: 'ERR_NOISE_BAD_MESSAGE',
    badPayload: 'ERR_NOISE_BAD_PAYLOAD',
    badSignature: 'ERR_NOISE_BAD_SIGNATURE',
    peerMismatch: 'ERR_PEER_ID_MISMATCH',
    noCommonMuxer: 'ERR_NOISE_NO_COMMON_MUXER',
    unexpected: 'ERR_NOISE_UNEXPECTED',
    timedOut: 'ERR_NOISE_TIMEOUT',
    ended: 'ERR_NOISE_ENDED',
  },
  secioHandshake: {
    badPropose: 'ERR_SECIO_BAD_PROPOSE',
    selfDial: 'ERR_DIAL_SELF',
    peerMismatch: 'ERR_PEER_ID_MISMATCH',
    noCommonSuite: 'ERR_SECIO_NO_COMMON_SUITE',
    badExchange: 'ERR_SECIO_BAD_EXCHANGE',
    badSignature: 'ERR_SECIO_BAD_SIGNATURE',
    badMac: 'ERR_SECIO_BAD_MAC',
    badNonce: 'ERR_SECIO_BAD_NONCE',
    badFrame: 'ERR_SECIO_BAD_FRAME',
    unexpected: 'ERR_SECIO_UNEXPECTED',
    timedOut: 'ERR_SECIO_TIMEOUT',
    ended: 'ERR_SECIO_ENDED',
  },
  tlsClient: TLS,
  tlsServer: { ...TLS, noCommonProtocol: 'ERR_TLS_NO_COMMON_PROTOCOL' },
  plaintextExchange: {
    malformed: 'ERR_PLAINTEXT_BAD_EXCHANGE',
    mismatched: 'ERR_PLAINTEXT_BAD_EXCHANGE',
    wrongPeer: 'ERR_PEER_ID_MISMATCH',
    unexpected: 'ERR_PLAINTEXT_UNEXPECTED',
    timedOut: 'ERR_PLAINTEXT_TIMEOUT',
    ended: 'ERR_PLAINTEXT_ENDED',
  },
  yamuxSession: {
    violated: undefined,
    goneAway: 'ERR_YAMUX_GO_AWAY',
    silent: 'ERR_YAMUX_KEEPALIVE',
    transportLost: 'ERR_TRANSPORT_ENDED',
    unexpected: 'ERR_YAMUX_UNEXPECTED',
  },
  yamuxStream: { resetByPeer: 'ERR_STREAM_RESET', violated: undefined, unexpected: 'ERR_YAMUX_UNEXPECTED' },
  mplexSession: { violated: undefined, transportLost: 'ERR_TRANSPORT_ENDED', unexpected: 'ERR_MPLEX_UNEXPECTED' },
  mplexStream: {
    resetByPeer: 'ERR_STREAM_RESET',
    overflowed: 'ERR_MPLEX_QUEUE_FULL',
    unexpected: 'ERR_MPLEX_UNEXPECTED',
  },
  spdySession: {
    violated: undefined,
    goneAway: 'ERR_SPDY_GO_AWAY',
    silent: 'ERR_SPDY_KEEPALIVE',
    transportLost: 'ERR_TRANSPORT_ENDED',
    unexpected: 'ERR_SPDY_UNEXPECTED',
  },
  spdyStream: {
    resetByPeer: 'ERR_STREAM_RESET',
    violated: undefined,
    repliedTwice: 'ERR_SPDY_UNEXPECTED',
    unexpected: 'ERR_SPDY_UNEXPECTED',
  },
  soleStream: { transportLost: 'ERR_TRANSPORT_ENDED', unexpected: 'ERR_SOLE_STREAM_UNEXPECTED' },
  identify: {
    keyMismatch: 'ERR_IDENTIFY_KEY_MISMATCH',
    malformed: 'ERR_IDENTIFY_BAD_MESSAGE',
    tooLarge: 'ERR_IDENTIFY_TOO_LARGE',
    timedOut: 'ERR_IDENTIFY_TIMEOUT',
    ended: 'ERR_IDENTIFY_ENDED',
    unexpected: 'ERR_IDENTIFY_UNEXPECTED',
  },
  identifyPush: {
    failed: 'ERR_STREAM_RESET',
    timedOut: 'ERR_IDENTIFY_PUSH_TIMEOUT',
    unexpected: 'ERR_IDENTIFY_PUSH_UNEXPECTED',
  },
  ping: {
    mismatch: 'ERR_PING_MISMATCH',
    timedOut: 'ERR_PING_TIMEOUT',
    ended: 'ERR_PING_ENDED',
    unexpected: 'ERR_PING_UNEXPECTED',
  },
  pingMonitor: { lost: 'ERR_PING_MONITOR_LOST', unexpected: 'ERR_PING_MONITOR_UNEXPECTED' },
  relayV1: {
    malformed: 'ERR_RELAY_V1_BAD_MESSAGE',
    tooLarge: 'ERR_RELAY_V1_TOO_LARGE',
    timedOut: 'ERR_RELAY_V1_TIMEOUT',
    ended: 'ERR_RELAY_V1_ENDED',
    unexpected: 'ERR_RELAY_V1_UNEXPECTED',
  },
  rendezvousRequest: {
    refused: undefined,
    malformed: 'ERR_RENDEZVOUS_BAD_MESSAGE',
    tooLarge: 'ERR_RENDEZVOUS_TOO_LARGE',
    timedOut: 'ERR_RENDEZVOUS_TIMEOUT',
    ended: 'ERR_RENDEZVOUS_ENDED',
    unexpected: 'ERR_RENDEZVOUS_UNEXPECTED',
  },
  rendezvousAnswer: {
    malformed: 'ERR_RENDEZVOUS_BAD_MESSAGE',
    tooLarge: 'ERR_RENDEZVOUS_TOO_LARGE',
    timedOut: 'ERR_RENDEZVOUS_TIMEOUT',
    stalled: 'ERR_RENDEZVOUS_STALLED',
    ended: 'ERR_RENDEZVOUS_ENDED',
    unexpected: 'ERR_RENDEZVOUS_UNEXPECTED',
  },
  rendezvousRegistration: { failed: undefined, unexpected: 'ERR_RENDEZVOUS_UNEXPECTED' },
  changeBatch: { unexpected: 'ERR_ENGINE_MACHINE' },
  routingCall: { failed: 'ERR_ROUTING_FAILED', unexpected: 'ERR_ROUTING_UNEXPECTED' },
  routerAsk: { failed: undefined, timedOut: 'ERR_ROUTING_TIMEOUT', unexpected: 'ERR_ROUTING_UNEXPECTED' },
  randomWalk: { unexpected: 'ERR_ROUTING_UNEXPECTED' },
  bitswapSession: { failed: 'ERR_STORE_FAILED', unexpected: 'ERR_BITSWAP_UNEXPECTED' },
  providerSearch: { unexpected: 'ERR_ROUTING_UNEXPECTED' },
  bitswapOutbound: {
    failed: 'ERR_STREAM_RESET',
    stalled: 'ERR_BITSWAP_TIMEOUT',
    unexpected: 'ERR_BITSWAP_UNEXPECTED',
  },
  bitswapInbound: { truncated: 'ERR_STREAM_ENDED', refused: undefined, unexpected: 'ERR_BITSWAP_UNEXPECTED' },
  kadQuery: {
    timedOut: 'ERR_DHT_QUERY_TIMEOUT',
    failed: 'ERR_DHT_NO_ANSWER',
    unexpected: 'ERR_DHT_QUERY_UNEXPECTED',
  },
  tableUpkeep: { unexpected: 'ERR_DHT_UPKEEP_UNEXPECTED' },
  kadRequest: {
    notOpened: undefined,
    ended: 'ERR_KAD_ENDED',
    tooLarge: 'ERR_KAD_TOO_LARGE',
    malformed: 'ERR_KAD_BAD_MESSAGE',
    timedOut: 'ERR_KAD_TIMEOUT',
    unexpected: 'ERR_KAD_UNEXPECTED',
  },
  kadInbound: {
    refused: undefined,
    truncated: 'ERR_KAD_ENDED',
    tooLarge: 'ERR_KAD_TOO_LARGE',
    malformed: 'ERR_KAD_BAD_MESSAGE',
    late: 'ERR_KAD_LATE',
    stalled: 'ERR_KAD_STALLED',
    unexpected: 'ERR_KAD_UNEXPECTED',
  },
  ipnsPublish: { awaitingRetry: undefined, unexpected: 'ERR_IPNS_UNEXPECTED' },
  ipnsResolve: {
    notFound: 'ERR_IPNS_NOT_FOUND',
    timedOut: 'ERR_IPNS_TIMEOUT',
    unexpected: 'ERR_IPNS_UNEXPECTED',
  },
  mdnsQuery: { closed: 'ERR_DATAGRAM_FAILED', unexpected: 'ERR_MDNS_UNEXPECTED' },
  mdnsAnswer: { unexpected: 'ERR_MDNS_UNEXPECTED' },
  udpTracker: {
    refused: 'ERR_TRACKER_REFUSED',
    badAnswer: 'ERR_TRACKER_BAD_ANSWER',
    timedOut: 'ERR_TRACKER_TIMEOUT',
    failed: 'ERR_TRACKER_FAILED',
    unexpected: 'ERR_TRACKER_UNEXPECTED',
  },
  trackerAnnounce: { backing: 'ERR_TRACKER_FAILED', unexpected: 'ERR_TRACKER_UNEXPECTED' },
  httpRoutingRequest: {
    refused: undefined,
    misanswered: undefined,
    unreachable: undefined,
    cutOff: 'ERR_HTTP_ROUTING_ENDED',
    redirected: 'ERR_HTTP_ROUTING_REDIRECT',
    throttled: 'ERR_HTTP_ROUTING_THROTTLED',
    connectTimedOut: 'ERR_HTTP_ROUTING_TIMEOUT',
    headTimedOut: 'ERR_HTTP_ROUTING_TIMEOUT',
    timedOut: 'ERR_HTTP_ROUTING_TIMEOUT',
    stalled: 'ERR_HTTP_ROUTING_STALLED',
    unexpected: 'ERR_HTTP_ROUTING_UNEXPECTED',
  },
  httpRoutingAnswer: {
    failed: undefined,
    brokenOff: undefined,
    unexpected: 'ERR_HTTP_ROUTING_ANSWER_UNEXPECTED',
  },
  provideSweep: { unexpected: 'ERR_ENGINE_MACHINE' },
  provideRegion: { failed: undefined, unexpected: 'ERR_ENGINE_MACHINE' },
};

/** What a code-less ending is called where nothing else in the trace names it. */
const UNNAMED: Readonly<Record<string, ErrorCode>> = {
  'dial exhausted': 'ERR_DIAL_FAILED',
  'resolution failed': 'ERR_RESOLVE_FAILED',
  'yamuxSession violated': 'ERR_YAMUX_UNEXPECTED',
  'yamuxStream violated': 'ERR_YAMUX_UNEXPECTED',
  'mplexSession violated': 'ERR_MPLEX_UNEXPECTED',
  'spdySession violated': 'ERR_SPDY_UNEXPECTED',
  'spdyStream violated': 'ERR_SPDY_UNEXPECTED',
  'rendezvousRequest refused': 'ERR_RENDEZVOUS_REFUSED',
  'rendezvousRegistration failed': 'ERR_RENDEZVOUS_REFUSED',
  'routerAsk failed': 'ERR_ROUTING_FAILED',
  'bitswapInbound refused': 'ERR_BITSWAP_BAD_MESSAGE',
  'kadRequest notOpened': 'ERR_KAD_ENDED',
  'kadInbound refused': 'ERR_KAD_RECORD_REFUSED',
  'ipnsPublish awaitingRetry': 'ERR_IPNS_NOT_STORED',
  'httpRoutingRequest refused': 'ERR_HTTP_ROUTING_STATUS',
  'httpRoutingRequest misanswered': 'ERR_HTTP_ROUTING_BAD_JSON',
  'httpRoutingRequest unreachable': 'ERR_HTTP_FAILED',
  'httpRoutingAnswer failed': 'ERR_ROUTING_FAILED',
  'httpRoutingAnswer brokenOff': 'ERR_ROUTING_FAILED',
  'provideRegion failed': 'ERR_PROVIDE_NO_PEERS',
};

const ENDINGS = new Map(
  Object.entries(TABLE).map(([machine, codes]) => [
    machine,
    new Map(Object.entries(codes).map(([state, code]): [string, Ending] => [state, { code }])),
  ]),
);

/** How `machine` fails when it goes to `state`; `undefined` where that is no failure. */
export function endingOf(machine: string, state: string): Ending | undefined {
  return ENDINGS.get(machine)?.get(state);
}

/** A code for a failure that nothing in the trace names; `undefined` for connections, where the layer decides. */
export function unnamedCode(machine: string, state: string): ErrorCode | undefined {
  const name = `${machine} ${state}`;
  return Object.hasOwn(UNNAMED, name) ? UNNAMED[name] : undefined;
}

/** Every ending of the table, for tests. */
export function allEndings(): readonly { readonly machine: string; readonly state: string; readonly code: string }[] {
  return [...ENDINGS].flatMap(([machine, states]) =>
    [...states].map(([state, { code }]) => ({ machine, state, code: code ?? '' })),
  );
}
