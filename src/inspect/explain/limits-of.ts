/** Which bound of `limits.ts` is behind a failure: what an embedder can set. */
import type { ErrorCode } from '../../errors.js';
import type { Limits } from '../../limits.js';

const LIMITS_OF: Partial<Readonly<Record<ErrorCode, keyof Limits>>> = {
  ERR_DIAL_TIMEOUT: 'dialTimeoutMs',
  ERR_UPGRADE_TIMEOUT: 'upgradeTimeoutMs',
  ERR_RESOLVE_TIMEOUT: 'resolveTimeoutMs',
  ERR_CONNECTION_LIMIT: 'connections',
  ERR_CONNECTION_RATE: 'hostConnectionsPerSecond',
  ERR_DIAL_RATE: 'hostDialsPerSecond',
  ERR_DIAL_BACKOFF: 'dialBackoffBaseMs',
  ERR_OUTBOX_OVERFLOW: 'outboxBytes',
  ERR_MULTISTREAM_TIMEOUT: 'multistreamTimeoutMs',
  ERR_MULTISTREAM_TOO_MANY: 'multistreamProposals',
  ERR_NOISE_TIMEOUT: 'noiseHandshakeTimeoutMs',
  ERR_SECIO_TIMEOUT: 'secioHandshakeTimeoutMs',
  ERR_TLS_TIMEOUT: 'tlsHandshakeTimeoutMs',
  ERR_TLS_FLOOD: 'tlsIdleRecords',
  ERR_PLAINTEXT_TIMEOUT: 'plaintextTimeoutMs',
  ERR_YAMUX_KEEPALIVE: 'yamuxKeepAliveTimeoutMs',
  ERR_YAMUX_BACKLOG: 'yamuxAckBacklog',
  ERR_YAMUX_TOO_MANY_STREAMS: 'yamuxOutboundStreams',
  ERR_YAMUX_PING_FLOOD: 'yamuxPingsPerTurn',
  ERR_YAMUX_FRAME_TOO_LARGE: 'yamuxReceiveFrameBytes',
  ERR_YAMUX_WINDOW_EXCEEDED: 'yamuxInitialWindowBytes',
  ERR_MPLEX_TOO_MANY_STREAMS: 'mplexOutboundStreams',
  ERR_MPLEX_QUEUE_FULL: 'mplexStreamQueueBytes',
  ERR_MPLEX_MESSAGE_TOO_LARGE: 'mplexMessageBytes',
  ERR_MPLEX_NAME_TOO_LONG: 'mplexStreamNameBytes',
  ERR_SPDY_KEEPALIVE: 'spdyKeepAliveTimeoutMs',
  ERR_SPDY_TOO_MANY_STREAMS: 'spdyOutboundStreams',
  ERR_SPDY_FLOOD: 'spdyControlsPerTurn',
  ERR_SPDY_FRAME_TOO_LARGE: 'spdyControlFrameBytes',
  ERR_SPDY_HEADERS_TOO_LARGE: 'spdyHeaderBlockBytes',
  ERR_SPDY_WINDOW_EXCEEDED: 'spdySessionWindowBytes',
  ERR_STREAM_RESET_FLOOD: 'streamResetsPerSecond',
  ERR_STREAM_LIMIT: 'streamsPerProtocolInbound',
  ERR_STREAM_QUEUE_FULL: 'streamSendQueueBytes',
  ERR_IDENTIFY_TIMEOUT: 'identifyTimeoutMs',
  ERR_IDENTIFY_TOO_LARGE: 'identifyMessageBytes',
  ERR_IDENTIFY_PUSH_TIMEOUT: 'identifyPushTimeoutMs',
  ERR_PING_TIMEOUT: 'pingTimeoutMs',
  ERR_PING_MONITOR_LOST: 'pingMonitorFailures',
  ERR_BITSWAP_TIMEOUT: 'bitswapWantTimeoutMs',
  ERR_BITSWAP_TOO_LARGE: 'bitswapMessageBytes',
  ERR_BLOCK_NOT_FOUND: 'bitswapWantTimeoutMs',
  ERR_KAD_TIMEOUT: 'kadRequestTimeoutMs',
  ERR_KAD_TOO_LARGE: 'kadMessageBytes',
  ERR_DHT_QUERY_TIMEOUT: 'kadQueryTimeoutMs',
  ERR_DHT_BUSY: 'kadQueriesAtOnce',
  ERR_ROUTING_TIMEOUT: 'routerTimeoutMs',
  ERR_IPNS_TIMEOUT: 'ipnsResolveTimeoutMs',
  ERR_RENDEZVOUS_TIMEOUT: 'rendezvousTimeoutMs',
  ERR_TRACKER_TIMEOUT: 'trackerUdpTries',
  ERR_HTTP_ROUTING_TIMEOUT: 'httpRoutingTimeoutMs',
};

/** The bound that `code` is about, as the option `limits.NAME`; `undefined` where there is none. */
export function limitOf(code: ErrorCode): string | undefined {
  const name = LIMITS_OF[code];
  return name === undefined ? undefined : `limits.${name}`;
}
