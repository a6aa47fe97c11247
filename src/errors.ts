/**
 * Errors: a code, whose fault it is, where it happened, and what to try.
 *
 * Callers switch on `code`. `blame: 'remote'` closes the stream or connection at fault and the node goes on;
 * `'local'` rejects the caller; `'engine'` is a bug of ours: it stops that actor and is reported.
 */

/** Whose fault an error is. */
export type Blame = 'remote' | 'local' | 'engine';

/** Every error code of the engine with what its reader can try next. */
export const ERROR_HINTS = {
  ERR_ENGINE_ASSERTION: 'This is a bug in swarmchart: please report it with the failure report.',
  ERR_ENGINE_MACHINE: 'This is a bug in swarmchart: please report it with the failure report.',
  ERR_ABORTED: 'The caller cancelled it.',
  ERR_INVALID_ARGUMENT: 'Check the argument named in the message.',
  ERR_NODE_STOPPED: 'Start the node before using it, or create a new one.',

  ERR_WIRE_VARINT: 'The peer sent a number that is not a varint: is it speaking the agreed protocol?',
  ERR_WIRE_TOO_LARGE: 'The peer sent a message over the limit: see limits in the documentation.',
  ERR_WIRE_PROTOBUF: 'The peer sent bytes that are not the agreed protobuf message.',

  ERR_WIRE_DER: 'The peer sent bytes that are not DER, or not the structure that was due.',

  ERR_TRANSPORT_UNSUPPORTED:
    'No transport handles this address: use /ip4, /ip6 or /dns with /tcp, /tcp/ws or /tcp/tls/ws, or /unix.',
  ERR_TRANSPORT_REFUSED: 'Nothing listens there: check host, port and that the peer runs.',
  ERR_TRANSPORT_UNREACHABLE: 'No route to the host: check the address and the network.',
  ERR_TRANSPORT_FAILED: 'The socket failed: see the cause.',
  ERR_TRANSPORT_ENDED: 'The peer closed the connection in the middle: its own log may say why.',
  ERR_WEBSOCKET_BAD_UPGRADE: 'The server there does not upgrade to WebSocket: check port and path, or drop /ws.',
  ERR_WEBSOCKET_BAD_FRAME: 'The peer sent a WebSocket frame that RFC 6455 does not allow.',
  ERR_WEBSOCKET_TEXT: 'The peer sent text: libp2p passes in binary messages alone.',
  ERR_WEBSOCKET_TOO_LARGE: 'The peer sent a WebSocket message over the limit.',
  ERR_LISTEN_FAILED: 'Check that the address is one of this machine and that the port is free.',

  ERR_DIAL_TIMEOUT: 'The peer did not answer in time: check the address and firewalls, or raise the time-out.',
  ERR_DIAL_NO_ADDRESS: 'No address is known for this peer: give a full multiaddr ending in /p2p/<peer id>.',
  ERR_DIAL_BACKOFF: 'Its addresses failed lately: wait, or name one in full, which is always tried.',
  ERR_DIAL_FAILED: 'Every address failed: see the causes.',
  ERR_RESOLVE_FAILED: 'The name leads to no address: check it, and that the DNS server answers.',
  ERR_RESOLVE_LOOP: 'The TXT records of the name lead back to it: whoever runs the domain has to change them.',
  ERR_RESOLVE_LIMIT: 'The name leads to too many others: whoever runs the domain has to change its records.',
  ERR_RESOLVE_TIMEOUT: 'The DNS server did not answer in time: check the network, or give an IP address.',
  ERR_DIAL_SELF: 'The address leads to this very node: check the port.',
  ERR_UPGRADE_TIMEOUT: 'The peer went silent during the upgrade: the timeline shows at which step.',
  ERR_CONNECTION_LIMIT: 'Too many connections: raise the limit or close some.',
  ERR_CONNECTION_DENIED: 'The gater refuses this peer or address: see its allow and deny lists and hooks.',
  ERR_DIAL_RATE: 'Others told too many addresses of this host: wait, or name one in full, which is always tried.',
  ERR_CONNECTION_RATE: 'This host connects too often: raise limits.hostConnectionsPerSecond if it may.',
  ERR_RESOURCE_LIMIT: 'A scope is full: see node.resources(), and raise its limit in the resources option if you can.',
  ERR_KEEP_ALIVE_UNEXPECTED: 'Keeping a peer connected heard an event that its state does not expect.',
  ERR_TRIM_UNEXPECTED: 'Trimming connections heard an event that its state does not expect.',
  ERR_CONNECTION_CLOSED: 'The connection is closed: dial again.',
  ERR_CONNECTION_UNEXPECTED: 'The connection heard an event that its state does not expect.',
  ERR_OUTBOX_OVERFLOW: 'The peer asks for more answers than it reads.',
  ERR_PEER_ID_MISMATCH: 'Another peer answered: check the /p2p/ part of the address.',

  ERR_MULTISTREAM_NO_OVERLAP: 'The peer speaks none of the offered protocols: offer another (--security, --muxer).',
  ERR_MULTISTREAM_NO_LIST: 'The peer does not list its protocols by multistream: ask it by identify.',
  ERR_MULTISTREAM_UNEXPECTED: 'The peer answered something that multistream does not allow here.',
  ERR_MULTISTREAM_BAD_HEADER: 'The peer does not speak /multistream/1.0.0: is it a libp2p port?',
  ERR_MULTISTREAM_BAD_MESSAGE: 'The peer does not speak multistream: is it a libp2p port?',
  ERR_MULTISTREAM_TIMEOUT: 'The peer stopped answering during protocol negotiation.',
  ERR_MULTISTREAM_ENDED: 'The peer closed during protocol negotiation: it may refuse what was offered.',
  ERR_MULTISTREAM_TOO_MANY: 'The peer proposed protocols, or asked for lists of them, without end.',

  ERR_SECIO_BAD_FRAME: 'The peer does not speak secio here.',
  ERR_SECIO_BAD_PROPOSE: 'The peer sent a Propose that does not decode.',
  ERR_SECIO_NO_COMMON_SUITE: 'No curve, cipher or hash in common: see both offers in the timeline.',
  ERR_SECIO_BAD_EXCHANGE: 'The peer sent an Exchange that does not decode, or a point off the curve.',
  ERR_SECIO_BAD_SIGNATURE: 'The peer could not prove its identity.',
  ERR_SECIO_BAD_NONCE: 'The peer did not echo our nonce: the channel is not what it seems.',
  ERR_SECIO_BAD_MAC: 'A frame was changed on its way, replayed, or encrypted with other keys.',
  ERR_SECIO_UNEXPECTED: 'The peer sent a secio message out of order.',
  ERR_SECIO_TIMEOUT: 'The peer stopped answering during the secio handshake.',
  ERR_SECIO_ENDED: 'The peer closed during the secio handshake.',

  ERR_NOISE_BAD_MESSAGE: 'The peer sent a noise handshake message that does not decode or decrypt.',
  ERR_NOISE_BAD_PAYLOAD: 'The peer sent a noise payload that is not the libp2p one.',
  ERR_NOISE_BAD_SIGNATURE: 'The peer could not prove its identity: its signature over the noise key is wrong.',
  ERR_NOISE_NO_COMMON_MUXER: 'The peer speaks none of our muxers: offer another (--muxer).',
  ERR_NOISE_BAD_FRAME: 'A frame was changed on its way, replayed, or encrypted with other keys.',
  ERR_NOISE_NONCE_EXHAUSTED: 'The channel has used all its nonces: reconnect.',
  ERR_NOISE_UNEXPECTED: 'The peer sent a noise message out of order.',
  ERR_NOISE_TIMEOUT: 'The peer stopped answering during the noise handshake.',
  ERR_NOISE_ENDED: 'The peer closed during the noise handshake.',

  ERR_TLS_BAD_RECORD: 'A record was changed on its way, is over the limit, or is not TLS 1.3.',
  ERR_TLS_BAD_MESSAGE: 'The peer sent a TLS handshake message that does not decode, or says what it may not.',
  ERR_TLS_NO_COMMON_VERSION: 'The peer does not speak TLS 1.3: libp2p needs it.',
  ERR_TLS_NO_COMMON_SUITE: 'No cipher suite, group or signature scheme in common: see the message.',
  ERR_TLS_NO_COMMON_PROTOCOL: 'The peer offers neither libp2p nor any of our muxers in TLS: is it a libp2p port?',
  ERR_TLS_BAD_CERTIFICATE: 'The certificate of the peer is not what libp2p asks for: see the message.',
  ERR_TLS_BAD_SIGNATURE: 'The peer could not prove that it holds the key of its certificate.',
  ERR_TLS_BAD_FINISHED: 'The peer heard another handshake than we did: somebody may stand between.',
  ERR_TLS_ALERT: 'The peer ended TLS with an alert: its name says why.',
  ERR_TLS_FLOOD: 'The peer sent record after record that brings no data.',
  ERR_TLS_UNEXPECTED: 'The peer sent a TLS message out of order.',
  ERR_TLS_TIMEOUT: 'The peer stopped answering during the TLS handshake.',
  ERR_TLS_ENDED: 'The peer closed during the TLS handshake.',

  ERR_PLAINTEXT_BAD_EXCHANGE: 'The peer sent a plaintext Exchange that does not decode or whose id does not match.',
  ERR_PLAINTEXT_UNEXPECTED: 'The peer sent a plaintext message out of order.',
  ERR_PLAINTEXT_TIMEOUT: 'The peer stopped answering during the plaintext exchange.',
  ERR_PLAINTEXT_ENDED: 'The peer closed during the plaintext exchange.',

  ERR_YAMUX_BAD_HEADER: 'The peer sent a frame that is not yamux version 0.',
  ERR_YAMUX_FRAME_TOO_LARGE: 'The peer sent a frame over the limit.',
  ERR_YAMUX_WINDOW_EXCEEDED: 'The peer sent more than it was granted.',
  ERR_YAMUX_WINDOW_OVERFLOW: 'The peer granted a window beyond what 32 bits hold.',
  ERR_YAMUX_BAD_STREAM_ID: 'The peer opened a stream with an id of the wrong parity, or one used before.',
  ERR_YAMUX_BACKLOG: 'Too many streams wait to be acknowledged.',
  ERR_YAMUX_TOO_MANY_STREAMS: 'Too many streams are open on this connection.',
  ERR_YAMUX_PING_FLOOD: 'The peer sends pings faster than it reads the answers.',
  ERR_YAMUX_KEEPALIVE: 'The peer did not answer the keep-alive ping.',
  ERR_YAMUX_GO_AWAY: 'The peer is going away: dial again later.',
  ERR_YAMUX_UNEXPECTED: 'The peer sent a yamux frame that its stream does not expect.',

  ERR_MPLEX_BAD_HEADER: 'The peer sent a message that is not mplex, or with a flag that mplex does not have.',
  ERR_MPLEX_MESSAGE_TOO_LARGE: 'The peer sent a message over the limit.',
  ERR_MPLEX_NAME_TOO_LONG: 'The peer named a stream with more bytes than the limit.',
  ERR_MPLEX_BAD_STREAM_ID: 'The peer opened a stream with an id that another of its streams has.',
  ERR_MPLEX_TOO_MANY_STREAMS: 'Too many streams are open on this connection.',
  ERR_MPLEX_QUEUE_FULL: 'The reader is slower than the peer, and mplex has no flow control: read faster, or use yamux.',
  ERR_MPLEX_UNEXPECTED: 'The peer sent an mplex message that its stream does not expect.',

  ERR_CONNECTION_TAKEN: 'Without a muxer a connection has one stream: dial another for the next.',
  ERR_SOLE_STREAM_UNEXPECTED: 'The only stream of a connection heard an event that its state does not expect.',
  ERR_SPDY_BAD_VERSION: 'The peer sent a frame that is not SPDY version 3.',
  ERR_SPDY_BAD_FRAME: 'The peer sent a SPDY frame whose length or fields cannot be.',
  ERR_SPDY_FRAME_TOO_LARGE: 'The peer sent a control frame over the limit.',
  ERR_SPDY_BAD_HEADERS: 'The peer sent a header block that is none.',
  ERR_SPDY_HEADERS_TOO_LARGE: 'The peer sent a header block that opens to more than the limit.',
  ERR_SPDY_BAD_COMPRESSION: 'The peer sent a header block that zlib cannot open.',
  ERR_SPDY_BAD_DICTIONARY: 'The peer compresses its header blocks with a dictionary that is not that of SPDY/3.',
  ERR_SPDY_WINDOW_EXCEEDED: 'The peer sent more than it was granted.',
  ERR_SPDY_WINDOW_OVERFLOW: 'The peer granted a window beyond what 31 bits hold.',
  ERR_SPDY_BAD_STREAM_ID: 'The peer named a stream with an id of the wrong parity, or one used before.',
  ERR_SPDY_TOO_MANY_STREAMS: 'Too many streams are open on this connection.',
  ERR_SPDY_FLOOD: 'The peer sends pings or settings faster than they can be of use.',
  ERR_SPDY_KEEPALIVE: 'The peer did not answer the keep-alive ping.',
  ERR_SPDY_GO_AWAY: 'The peer is going away: dial again later.',
  ERR_SPDY_UNEXPECTED: 'The peer sent a SPDY frame that its stream does not expect.',

  ERR_STREAM_RESET: 'The peer reset the stream: its own log may say why.',
  ERR_STREAM_RESET_FLOOD: 'The peer opens streams only to reset them, faster than limits.streamResetsPerSecond.',
  ERR_STREAM_CLOSED: 'The stream is closed for writing.',
  ERR_STREAM_QUEUE_FULL: 'Wait for writable$ (or whenWritable) when write answers false.',
  ERR_STREAM_LIMIT: 'Too many streams for this protocol: close some first.',
  ERR_STREAM_ENDED: 'The stream ended before the whole message came.',
  ERR_PROTOCOL_DUPLICATE: 'This protocol already has a handler: unregister it first.',

  ERR_IDENTIFY_BAD_MESSAGE: 'The peer sent an identify message that does not decode.',
  ERR_IDENTIFY_TOO_LARGE: 'The peer sent an identify message over the limit.',
  ERR_IDENTIFY_KEY_MISMATCH: 'The key in identify is not the key of the connection.',
  ERR_IDENTIFY_UNEXPECTED: 'The identify exchange heard an event that its state does not expect.',
  ERR_IDENTIFY_TIMEOUT: 'The peer did not answer identify in time.',
  ERR_IDENTIFY_ENDED: 'The peer closed before its identify message was whole: its own log may say why.',
  ERR_PEER_RECORD_INVALID: 'The signed record is not by this peer, or was changed: its addresses are not certified.',
  ERR_IDENTIFY_PUSH_UNEXPECTED: 'The push heard an event that its state does not expect.',
  ERR_IDENTIFY_PUSH_TIMEOUT: 'The peer did not take our identify push in time.',
  ERR_IDENTIFY_PUSH_FLOOD: 'The peer pushes its identity faster than anything about it can change.',
  ERR_PING_MISMATCH: 'The peer echoed other bytes than it was sent.',
  ERR_PING_UNEXPECTED: 'The ping exchange heard an event that its state does not expect.',
  ERR_PING_TIMEOUT: 'The peer did not answer the ping in time.',
  ERR_PING_ENDED: 'The peer closed the ping stream: it may allow no more of them.',

  ERR_PING_MONITOR_LOST: 'The peer answered several pings in a row too late or not at all: dial again.',
  ERR_PING_MONITOR_UNEXPECTED: 'The ping monitor heard an event that its state does not expect.',

  ERR_RELAY_V1_BAD_MESSAGE: 'The peer sent no circuit relay 0.1.0 message; it was told so with status 400.',
  ERR_RELAY_V1_TOO_LARGE: 'The peer sent a circuit relay message over the limit.',
  ERR_RELAY_V1_UNEXPECTED: 'The relay exchange heard an event that its state does not expect.',
  ERR_RELAY_V1_TIMEOUT: 'The peer opened a relay stream and asked nothing.',
  ERR_RELAY_V1_ENDED: 'The peer closed the relay stream before its question was whole.',

  ERR_KEY_INVALID: 'The key does not decode: see the message.',
  ERR_KEY_UNSUPPORTED: 'Use an RSA, Ed25519, secp256k1 or ECDSA (P-256) key.',
  ERR_PEER_ID_INVALID: 'This is not a peer id: they begin with 12D3Koo, 16Uiu2, Qm or bafz.',

  ERR_BLOCK_MISMATCH: 'The bytes do not have the hash that their CID names.',
  ERR_BLOCK_TOO_LARGE: 'The block is over 2 MiB.',
  ERR_BLOCK_UNKNOWN_HASH: 'The CID names a hash function that is not supported.',
  ERR_BLOCK_NOT_FOUND: 'No connected peer has this block: give a provider with --peer.',
  ERR_DAG_INVALID: 'The block is not what its CID says.',
  ERR_PATH_NOT_FOUND: 'No entry of that name: list the directory above it.',
  ERR_STORE_FAILED: 'The block store failed: see the cause (disk full? permissions?).',
  ERR_PEERSTORE_DAMAGED: 'What was kept of this peer is lost; it is learnt again when the peer is met.',
  ERR_PEERSTORE_VERSION: 'A newer swarmchart wrote this record: it is left as it is. Update to read it.',
  ERR_REPO_LOCKED: 'Another process holds this repo: stop it, or use --repo with another folder.',
  ERR_REPO_INVALID: 'The folder is not a swarmchart repo of this version.',

  ERR_BITSWAP_BAD_MESSAGE: 'The peer sent a bitswap message that does not decode.',
  ERR_BITSWAP_TOO_LARGE: 'The peer sent a bitswap message over 4 MiB.',
  ERR_BITSWAP_UNEXPECTED: 'The bitswap session heard an event that its state does not expect.',
  ERR_BITSWAP_TIMEOUT: 'No peer delivered the block in time: see who was asked in the report.',

  ERR_SIMULATION_AMBIENT: 'Take time, timers and chance from the world: node.clock, world.at, world.random.',
  ERR_SCENARIO_INVALID: 'The scenario or report cannot be used: the message names the field.',
  ERR_SIMULATION_STALLED: 'What was waited for did not come about in the given virtual time: see the trace of the run.',

  ERR_TRACE_INVALID: 'The file is not a whole trace of this engine: the message says at which line it goes wrong.',
  ERR_TRACE_NOT_REPLAYABLE: 'Record it from the start of the node, in class replayable (or full).',
  ERR_TRACE_VERSION: 'The trace was written by a newer swarmchart: update, or record it again.',

  ERR_FIXTURE_MISSING:
    'Record it with SWARMCHART_TRACE=missing, where the test can reach its peer, and commit the file.',
  ERR_FIXTURE_DIFFERS: 'Look at the difference; where it is meant, record again with SWARMCHART_TRACE=update.',
  ERR_FIXTURE_STALE: 'The engine has changed since the recording; where that is meant, use SWARMCHART_TRACE=update.',
  ERR_RPC_BAD_REQUEST: 'One JSON object a line, with id and method: docs/rpc.md has the methods and what they take.',
  ERR_RPC_UNKNOWN_METHOD: 'docs/rpc.md lists the methods.',
  ERR_RPC_UNAUTHORIZED: "The first request has to be auth, with the token in the file rpc.token of the daemon's repo.",
  ERR_RPC_LIMIT: 'Wait for answers, or close other clients: limits.rpc... has the bounds.',
  ERR_RPC_TOO_LARGE: 'The line is over the limit: ask for less at once.',
  ERR_RPC_CLOSED: 'The daemon went away, or dropped a client that does not read: see its log.',
  ERR_RPC_BAD_ANSWER: 'What answers there is no swarmchart daemon of this version: check --repo and --rpc.',
  ERR_RPC_NO_DAEMON: 'Start one with swarmchart daemon, or say where it is with --repo DIR or --rpc MA.',
  ERR_CONFIG_INVALID:
    'docs/config.schema.json says what the configuration file may hold; docs/operations.md explains it.',

  ERR_FAKE_TIMERS: 'Give the test real timers: a simulation or a replay has a clock of its own and never waits.',
} as const;

/** A stable, documented name for one kind of failure. */
export type ErrorCode = keyof typeof ERROR_HINTS;

/** One stay in a state: entered by `event`, left after `durationMs` (absent while it lasts). */
export interface StateStay {
  readonly machine: string;
  readonly state: string;
  readonly event: string;
  readonly enteredAtMs: number;
  readonly durationMs?: number;
  /** Ascending number of this node's stays: their order within one turn, which has one time. */
  readonly order?: number;
}

/** Where something failed, as far as it is known; filled in on the way up. */
export interface FailureDetails {
  /** Id of the machine that ended in failure, e.g. `secioHandshake`. */
  readonly machine?: string;
  /** The state it was in when the last event came. */
  readonly state?: string;
  /** The event that led to failure. */
  readonly lastEvent?: string;
  /** Every stay of every machine on the way, oldest first. */
  readonly timeline?: readonly StateStay[];
  /** The peer's last bytes, as hex, at most 64 bytes of them. */
  readonly lastBytesHex?: string;
  /** The same bytes in words, where the layer could decode them. */
  readonly lastBytesDecoded?: string;
  readonly peer?: string;
  readonly address?: string;
  /** The scope that is full, e.g. `peer:12D3Koo...`, what of it, and its limit. */
  readonly scope?: string;
  readonly resource?: string;
  readonly limit?: number;
  /** Where the gater refused: `dialPeer`, `dialAddress`, `accept` or `secured`. */
  readonly stage?: string;
  /** Who was asked for a block and what each said, e.g. `12D3KooW...: dont-have`. */
  readonly asked?: readonly string[];
}

/** Options of an {@link EngineError}. */
export interface EngineErrorOptions {
  readonly cause?: unknown;
  readonly details?: FailureDetails;
  /** It tells of an end in good order and is thrown by nobody: where it was made means nothing. */
  readonly stackless?: true;
}

/** The one error class of the engine. */
export class EngineError extends Error {
  override readonly name = 'EngineError';

  constructor(
    readonly code: ErrorCode,
    readonly blame: Blame,
    message: string,
    options: EngineErrorOptions = {},
  ) {
    // What a peer did wrong is told by timeline and bytes, not by our stack; and taking it is most of what a peer can
    // make us pay for a stream that fails, by the ten thousand.
    const { stackTraceLimit } = Error;
    if (blame === 'remote' || options.stackless === true) Error.stackTraceLimit = 0;
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.details = options.details ?? {};
  }

  /** Where it failed; empty when nothing more is known. */
  readonly details: FailureDetails;

  /** What to try next, in one sentence. */
  get hint(): string {
    return ERROR_HINTS[this.code];
  }

  /** The same error with more details; what is known already wins. */
  withDetails(details: FailureDetails): EngineError {
    const { stackTraceLimit } = Error;
    // The stack is the first error's; taking another one, and putting either into words before somebody asks, would
    // cost more than all the rest of a failed stream.
    Error.stackTraceLimit = 0;
    const merged = new EngineError(this.code, this.blame, this.message, {
      cause: this.cause,
      details: { ...details, ...this.details },
    });
    Error.stackTraceLimit = stackTraceLimit;
    Object.defineProperty(merged, 'stack', { configurable: true, get: () => this.stack });
    return merged;
  }
}

/** Throws `ERR_ENGINE_ASSERTION` unless `condition` holds. For our own bugs only, never for what a peer sends. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new EngineError('ERR_ENGINE_ASSERTION', 'engine', message);
}

/** Any thrown value as an {@link EngineError}; unknown ones become `code` with the value as cause. */
export function toEngineError(thrown: unknown, code: ErrorCode, blame: Blame, message: string): EngineError {
  return thrown instanceof EngineError ? thrown : new EngineError(code, blame, message, { cause: thrown });
}
