/**
 * Every bound of the engine, in one place, each with its reason. A node takes overrides (`limits` option), so a test
 * or a replay can pin them. Units are last in the name.
 */
export const LIMITS = {
  // multistream-select (libp2p/specs connections/README.md; go-multistream and js-libp2p refuse longer lines)
  multistreamMessageBytes: 1024,
  /** go and js wait 10 s for one negotiation. */
  multistreamTimeoutMs: 10_000,
  /** Proposals answered `na` before a dialer is told to stop: more than any node registers. */
  multistreamProposals: 1000,
  /** Lists (`ls`) given to one dialer: up to a kilobyte of ours for four bytes of its own, and it needs no second one. */
  multistreamLists: 4,

  // dial and upgrade
  /** One address, from connect to open: go waits 15 s for a whole dial, js 10 s with 6 s an address. */
  dialAddressTimeoutMs: 10_000,
  /** Security, muxer and all: slow secio-era peers need more than today's 10 s. */
  upgradeTimeoutMs: 30_000,
  /** Upgrades under way at once: each holds keys and costs key operations. */
  upgradesInProgress: 256,
  connections: 10_000,
  connectionsPerPeer: 8,
  /** Time a closing connection gets to flush its outbox and see the peer's end. */
  closeTimeoutMs: 2_000,
  /** Outbox mark: above it writers are told to wait. Some socket buffers deep, small against memory. */
  outboxHighWaterBytes: 1024 * 1024,
  /** Below it they may go on. */
  outboxLowWaterBytes: 256 * 1024,
  /** Outbox end: only answers we owe can pass the mark, so a peer that reaches this asks without reading. */
  outboxBytes: 4 * 1024 * 1024,

  // secio (libp2p/specs secio/README.md; go-libp2p-secio)
  secioHandshakeTimeoutMs: 30_000,
  /** Frames are below 8 MiB in go and js. */
  secioFrameBytes: 8 * 1024 * 1024,
  /** What we put in one frame: large enough for throughput, small enough to stream. */
  secioSendFrameBytes: 128 * 1024,
  /** A Propose or Exchange holds keys and three short lists; RSA-8192 keys stay far below. */
  secioHandshakeMessageBytes: 64 * 1024,
  /** Ephemeral keys tried for a secret without leading zeros: on P-521 every other one will do. */
  secioKeyAttempts: 64,
  /** Last frames known again when they are replayed: 8 bytes of memory each, on every connection. */
  secioReplayFrames: 64,

  // noise (libp2p/specs noise/README.md): a 16-bit length
  noiseHandshakeTimeoutMs: 30_000,
  noiseFrameBytes: 65_535,
  /** A handshake message: the largest identity key taken, its signature, and lists of muxers and certificate hashes. */
  noiseHandshakeMessageBytes: 32 * 1024,
  /** Muxers named in the extension; go ignores a longer list. */
  noiseStreamMuxers: 100,

  // tls (RFC 8446; libp2p/specs tls/tls.md). What a record may hold is fixed: wire/tls-record.ts
  tlsHandshakeTimeoutMs: 30_000,
  /** A handshake message: a certificate with the largest identity key taken and its signature, or a long list of offers. */
  tlsHandshakeMessageBytes: 32 * 1024,
  /** What we put in one record: the most that TLS allows. */
  tlsSendRecordBytes: 16 * 1024,
  /** Records in a row that bring no data: empty ones, tickets, key updates (go takes 16, BoringSSL 32). */
  tlsIdleRecords: 32,
  /** Session tickets of one connection, which we have no use for: OpenSSL sends two. */
  tlsSessionTickets: 16,
  /** Records sealed under one key: RFC 8446, 5.5, allows AES-GCM 2^24.5. */
  tlsRecordsPerKey: 2 ** 24,

  // plaintext 2.0 (libp2p/specs plaintext/README.md)
  plaintextMessageBytes: 64 * 1024,
  plaintextTimeoutMs: 10_000,

  // yamux (libp2p/specs yamux/README.md; hashicorp/yamux spec.md)
  /** Start window of every stream in both directions: fixed by the spec. */
  yamuxInitialWindowBytes: 256 * 1024,
  /** go and js grow to 16 MiB. */
  yamuxMaxWindowBytes: 16 * 1024 * 1024,
  /** Never send a data frame above this; go and js cap here. */
  yamuxSendFrameBytes: 64 * 1024,
  /** Refuse a data frame above this: no peer may send beyond its window, and no window is wider. */
  yamuxReceiveFrameBytes: 16 * 1024 * 1024,
  /** Streams opened and not yet acknowledged, each way. */
  yamuxAckBacklog: 256,
  yamuxInboundStreams: 1000,
  yamuxOutboundStreams: 1000,
  yamuxKeepAliveMs: 30_000,
  yamuxKeepAliveTimeoutMs: 10_000,
  /** Pings answered in one turn of the node: a flood beyond it ends the session. */
  yamuxPingsPerTurn: 64,
  /** Memory that the growing windows of one session may promise beyond the start windows: four fully grown streams. */
  yamuxWindowGrowthBytes: 64 * 1024 * 1024,
  /** Gaps remembered among the peer's stream ids: go opens from many goroutines at once, so SYNs may overtake each other. */
  yamuxStreamIdGaps: 256,
  /** Data handed to the secure channel at once, before it is asked whether there is room for more. */
  yamuxPumpBytes: 256 * 1024,
  /** A stream that nobody reads and that we finished is reset when the peer has not finished in this time. */
  streamFinTimeoutMs: 30_000,
  /** What a stream queues beyond its window before `write` says wait. */
  streamSendQueueBytes: 256 * 1024,
  /** What a stream queues at the most; a writer that ignores `write`'s answer is refused beyond it. */
  streamSendQueueMaxBytes: 16 * 1024 * 1024,
  /** Chunks a stream queues at the most: each costs about a hundred bytes besides its own. */
  streamSendQueueChunks: 32 * 1024,
  /** Inbound streams of one protocol on one connection (js allows 32, rust 10 to 32). */
  streamsPerProtocolInbound: 64,

  // identify (libp2p/specs identify/README.md; go reads 10 messages of 8 KiB)
  identifyMessageBytes: 8 * 1024,
  identifyMessages: 10,
  /** rust refuses more than 4 KiB. */
  identifySendBytes: 4 * 1024,
  identifyTimeoutMs: 10_000,
  identifyProtocols: 1024,
  identifyAddresses: 500,
  identifyTextBytes: 1024,

  // ping (libp2p/specs ping/ping.md)
  pingBytes: 32,
  pingTimeoutMs: 10_000,
  pingInboundStreams: 2,

  // keys and peer ids (libp2p/specs peer-ids/peer-ids.md)
  keyProtobufBytes: 16 * 1024,
  /** The longest text form of a peer id, base16, has 93; decoding takes time quadratic in it. */
  peerIdTextChars: 128,
  /** RSA moduli: go refuses less and more. */
  rsaMinBits: 2048,
  rsaMaxBits: 8192,

  // bitswap (specs.ipfs.tech bitswap-protocol)
  bitswapBlockBytes: 2 * 1024 * 1024,
  bitswapMessageBytes: 4 * 1024 * 1024,
  /** Blocks gathered in one message we send. */
  bitswapSendMessageBytes: 512 * 1024,
  /** Wants remembered for one peer (boxo and helia: 1024). */
  bitswapWantsPerPeer: 1024,
  bitswapCidBytes: 168,
  /** A want-have for a block this small is answered with the block (boxo and helia). */
  bitswapReplaceHaveBytes: 1024,
  /** Wants in flight to one peer, below its memory of ours. */
  bitswapWantsInFlightPerPeer: 1000,
  /** Wants of one session that may be open at once: what a walk runs ahead of its reader. */
  bitswapSessionWants: 1024,
  /** Bytes that may be queued to one peer before the server stops reading its store for it. */
  bitswapServeBytesPerPeer: 4 * 1024 * 1024,
  /** A want that nobody delivered in this time is asked of everybody again. */
  bitswapRebroadcastMs: 5_000,
  bitswapWantTimeoutMs: 30_000,
  /** Wants of one session that are broadcast at once (boxo: 64): finding a provider needs few, and each peer is asked. */
  bitswapBroadcastWants: 64,
  /** Keys remembered for each peer after it was asked, to tell a late duplicate from a block nobody asked for. */
  bitswapRecentWants: 4096,
  /** Mismatching, malformed or unrequested answers after which a peer is asked nothing more until it reconnects. */
  bitswapFaults: 3,
  /** Partial messages held for one peer on all its streams: eight of the largest. */
  bitswapReceiveBytesPerPeer: 32 * 1024 * 1024,
  /** Verified bytes that may wait for the store; above it peers get no more credit. */
  bitswapStoreBacklogBytes: 16 * 1024 * 1024,
  /** Bytes of one batch for the store: large enough for speed, small enough not to hold it long. */
  bitswapStoreBatchBytes: 4 * 1024 * 1024,
  /** An outbound stream is closed when unused for this long: helia resets one that carries no message for 10 s. */
  bitswapStreamIdleMs: 5_000,
  /** Attempts to open an outbound stream in a row, and the pause between two. */
  bitswapOpenAttempts: 3,
  bitswapOpenBackoffMs: 1_000,
  /** A peer that reads nothing for this long is given up (boxo: 10 s to 2 min by size). */
  bitswapSendTimeoutMs: 120_000,
  /** Ledgers remembered of peers that left. */
  bitswapDepartedLedgers: 1024,

  // dag and import
  importChunkBytes: 1024 * 1024,
  importLinksPerNode: 1024,
  /** Blocks gathered for one write of the store: enough to be fast, little against memory. */
  storeBatchBytes: 4 * 1024 * 1024,
  storeBatchBlocks: 1024,
  /** What a CAR may hold between two blocks: one at its limit with its CID, or a header of some thousand roots. */
  carSectionBytes: 2 * 1024 * 1024 + 64 * 1024,
  /** A path or directory tree deeper than this is refused. */
  dagDepth: 128,
  /** Links held by the nodes between a root and its reader: ten of the largest nodes, some hundred MiB at the worst. */
  dagPathLinks: 512 * 1024,
  /** Bytes fetched ahead of the reader: bounds memory of a fetch. */
  fetchAheadBytes: 32 * 1024 * 1024,
  fetchAheadBlocks: 1024,

  // simulated network
  /** Bytes of one direction written and not yet read by the other end, above which writers wait: both socket buffers. */
  simulatedPipeBytes: 256 * 1024,
  /** End of it: a gathered write may pass the mark once, and a writer that does not wait loses its connection. */
  simulatedPipeMaxBytes: 64 * 1024 * 1024,
  /** Tries to reach a machine that does not answer, the pause doubling from a second, as Linux does by default. */
  simulatedConnectAttempts: 7,

  // traces
  /** A gzipped trace is unpacked up to this: what a string can hold, and far more than a fixture. */
  traceFileBytes: 512 * 1024 * 1024,
  /** What a flight recorder keeps: some ten thousand records, a failing connection and what led to it. */
  flightRecorderBytes: 8 * 1024 * 1024,
  /** Tapes of one node that stay on the disk: the newest. */
  flightRecorderFiles: 16,
  /** No second tape within this time, so that a peer that fails on purpose costs no more than one file in it. */
  flightRecorderPauseMs: 10_000,
} as const;

/** The bounds a node runs with. */
export type Limits = { readonly [Name in keyof typeof LIMITS]: number };
