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
  /** One address, until its transport connects: go waits 15 s for a whole dial, js 10 s with 6 s an address. */
  dialAddressTimeoutMs: 10_000,
  /** All addresses of one peer together: two rounds of the slowest upgrade. */
  dialTimeoutMs: 60_000,
  /** Addresses of one peer dialed at once (go: 8): the others wait until one fails. */
  dialsPerPeer: 8,
  /** Addresses dialed at once in all (go: 160 sockets). */
  dialsAtOnce: 160,
  /** Addresses that wait for one of those to end: more is refused, for nobody would wait so long. */
  dialsWaiting: 4096,
  /** Addresses tried in one dial: go tells and keeps a few dozen. */
  addressesPerPeer: 32,
  /** All names of one dial together: what one address gets. */
  resolveTimeoutMs: 10_000,
  /** `/dnsaddr` names that lead to names: the bootstrap nodes of IPFS need two. */
  dnsaddrDepth: 4,
  /** Look-ups of one dial: a few names of both families at every depth. */
  resolverLookups: 64,
  /** Addresses that names of one dial lead to (go: 100). */
  resolvedAddresses: 100,
  /** After a failure an address is left alone: 5 s, then 1 s times the square of the failures more, as go does. */
  dialBackoffBaseMs: 5_000,
  dialBackoffStepMs: 1_000,
  dialBackoffMaxMs: 5 * 60_000,
  /** Addresses that failed and are remembered. */
  dialBackoffEntries: 4096,
  /** Dials of a kind (IPv6, UDP) of which fewer than this succeed, of as many as that, are not made: go's figures. */
  blackHoleDials: 100,
  blackHoleSuccesses: 5,
  /** Security, muxer and all: slow secio-era peers need more than today's 10 s. */
  upgradeTimeoutMs: 30_000,
  /** Upgrades under way at once: each holds keys and costs key operations. */
  upgradesInProgress: 256,
  /** Of them, those of one host: so that no host's slow handshakes hold them all. */
  upgradesPerHost: 64,
  /** Accepted connections that wait for an upgrade: a burst is served in order, beyond this it is dropped. */
  acceptQueue: 1024,
  connections: 10_000,
  connectionsPerPeer: 8,
  /** Time a closing connection gets to flush its outbox and see the peer's end. */
  closeTimeoutMs: 2_000,
  /** What may wait for more to leave with it: above this, gathering costs more than a frame and a system call. */
  gatherBytes: 16 * 1024,
  /** Outbox mark: above it writers are told to wait. Some socket buffers deep, small against memory. */
  outboxHighWaterBytes: 1024 * 1024,
  /** Below it they may go on. */
  outboxLowWaterBytes: 256 * 1024,
  /** Outbox end: only answers we owe can pass the mark, so a peer that reaches this asks without reading. */
  outboxBytes: 4 * 1024 * 1024,

  // policy: what a node takes, keeps and drops (docs/policy.md)
  /** Connections not yet open, in both directions: twice the upgrades at once, for dials wait on the network first. */
  resourceTransientConnections: 512,
  /** Streams of the whole node: more than one for each of 10,000 connections, and half of the memory below for all of them. */
  resourceSystemStreams: 16_384,
  /** Streams whose protocol is not agreed: four connections’ worth, or twenty of each of two hundred peers. */
  resourceTransientStreams: 4_096,
  /** Streams of one peer on all its connections: one full connection both ways, and a second one's idle streams. */
  resourcePeerStreams: 4_096,
  /** Streams of one protocol, of all peers: so that no protocol takes what the others need. */
  resourceProtocolStreams: 12_288,
  /** Memory of the whole node that peers can make it hold. */
  resourceSystemMemoryBytes: 1024 * 1024 * 1024,
  /** Memory of connections and streams that are not agreed yet. */
  resourceTransientMemoryBytes: 256 * 1024 * 1024,
  resourceProtocolMemoryBytes: 768 * 1024 * 1024,
  /** Half the node's: one peer alone cannot take all. */
  resourcePeerMemoryBytes: 512 * 1024 * 1024,
  /** A thousand streams each way, four fully grown windows, their queues, and the outbox. */
  resourceConnectionMemoryBytes: 256 * 1024 * 1024,
  /** A fully grown window and a full queue. */
  resourceStreamMemoryBytes: 64 * 1024 * 1024,
  /** Counted for each connection as it begins: its actors, and a frame that the secure channel gathers, each way. */
  resourceBytesPerConnection: 64 * 1024,
  /** Counted for each stream as it begins: its actors during negotiation, as measured, and what may wait uncounted. */
  resourceBytesPerStream: 32 * 1024,
  /** Bytes that may wait in a stream, each way, before its window or queue is counted. */
  resourceFreeBytesPerStream: 16 * 1024,
  /** Bytes of frames in the middle of arriving that a connection holds before they are counted: a noise frame's worth. */
  resourceFreeBytesPerConnection: 64 * 1024,
  /** New inbound connections of one host (IPv4 address, IPv6 /64): js takes 5 a second, a classroom behind one address needs more. */
  hostConnectionsPerSecond: 32,
  /** What a host may open at once after a pause: all machines of a large office start together. */
  hostConnectionsBurst: 128,
  /**
   * New dials of one host, of addresses that others told: whoever tells many makes us connect to it. What a node of ours
   * takes of one host, each way alike.
   */
  hostDialsPerSecond: 32,
  hostDialsBurst: 128,
  /** Hosts whose rate is remembered, each way; the one unseen for longest is forgotten, and its full burst is what it gains. */
  hostRates: 4_096,
  /**
   * Streams a peer may open and reset, or have refused: all it may have open, at once. Then so many a second: each costs a
   * tenth of a millisecond, so that a hundred such peers cost a third of one core.
   */
  streamResetsBurst: 1_024,
  streamResetsPerSecond: 32,
  /**
   * Streams that one session may begin before the node looks at its other sockets (or waste, twice as many): two
   * milliseconds, and more than anybody opens at once who waits for answers.
   */
  streamOpensPerPass: 36,
  /** Trimming begins above the high mark and ends at the low one: well above Kubo's 96 and 32, for a trimmed connection is work lost. */
  connectionsHighWater: 512,
  connectionsLowWater: 384,
  /** A connection younger than this is not trimmed: it had no time to show its use (Kubo: 20 s). */
  connectionGraceMs: 20_000,
  /** Pause between two attempts to trim, while above the high mark. */
  connectionTrimMs: 10_000,
  /** Two connections with one peer, one dialed by each side, are of crossed dials if they began so close: as long as one address may take. */
  crossedDialsMs: 10_000,
  /** The surplus one of them is left alone so long: the peer has to know of the other one, and what it sent to arrive. */
  crossedDialsGraceMs: 5_000,
  /** First pause before a kept-alive peer is dialed again; it doubles with each failure, up to the second. */
  keepAliveRetryMs: 1_000,
  keepAliveRetryMaxMs: 300_000,
  /** Peers kept alive: each holds a connection. */
  keepAlivePeers: 256,
  /** Peers that may carry tags, and tags on one. */
  taggedPeers: 16_384,
  tagsPerPeer: 64,
  // transports
  /** One message that a peer may send: the largest secio or mplex write of old js (1 MiB and its frame), four times. */
  websocketMessageBytes: 4 * 1024 * 1024,
  /** What we put in one message: a noise or yamux frame's worth, so that a reader need not hold more. */
  websocketSendMessageBytes: 64 * 1024,
  /** Bytes that the socket has not taken, above which writers wait: as a stream's window. */
  websocketHighWaterBytes: 256 * 1024,
  /** Sockets that have not become a WebSocket yet: as many as upgrades. */
  websocketUpgrades: 256,
  /** TLS handshake and request: what js gives a whole dial. */
  websocketUpgradeTimeoutMs: 10_000,
  /** What the address of a socket holds on macOS with its zero byte, 104; Linux has 108. */
  unixPathBytes: 103,

  // secio (libp2p/specs secio/README.md; go-libp2p-secio)
  /** Go gave it 30 s, js a minute; with the negotiation before it, it still ends before the upgrade does, by its name. */
  secioHandshakeTimeoutMs: 20_000,
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
  /** js gives a whole upgrade this long, and nobody is on the network any more who needs longer for two key agreements. */
  noiseHandshakeTimeoutMs: 10_000,
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

  // mplex (libp2p/specs mplex/README.md): no windows, so that what waits is bounded here alone
  /** Longest message: agreed on out of band, and go, js and rust agree on 1 MiB. */
  mplexMessageBytes: 1024 * 1024,
  /** What we put in one message: streams take turns by messages, and none waits long for its own. */
  mplexSendMessageBytes: 64 * 1024,
  /** Name of a stream that the peer opens: a decimal id in go and js. */
  mplexStreamNameBytes: 256,
  mplexInboundStreams: 1000,
  mplexOutboundStreams: 1000,
  /** What waits for one stream's reader (js: 4 MiB); beyond it the stream is reset, for the peer cannot be told to wait. */
  mplexStreamQueueBytes: 4 * 1024 * 1024,
  /** What waits for all readers of one session: eight stalled streams; beyond it the one that holds most is reset. */
  mplexSessionQueueBytes: 32 * 1024 * 1024,

  // spdy (draft-mbelshe-httpbis-spdy-00, 3.1; libp2p-spdy)
  /** Start window of every stream that we announce: what libp2p-spdy announces. Windows of SPDY do not grow by themselves. */
  spdyInitialWindowBytes: 1024 * 1024,
  /** Window of the whole session: bounds what all streams of one peer hold here, and lets sixteen of them stall. */
  spdySessionWindowBytes: 16 * 1024 * 1024,
  /** libp2p-spdy lets its streams race for the session's window: the last one may pass it by less than one of its frames. */
  spdySessionOverrunBytes: 8 * 1024 - 1,
  /** Never send a data frame above this: one stream must not hold the connection for long. */
  spdySendFrameBytes: 64 * 1024,
  /** Refuse a control frame above this; the spec asks for at least 8 KiB, a SYN_STREAM of libp2p-spdy has 137 bytes. */
  spdyControlFrameBytes: 16 * 1024,
  /** What one header block may open to: a hundred times what a stream of ours or libp2p-spdy carries. */
  spdyHeaderBlockBytes: 16 * 1024,
  spdyInboundStreams: 1000,
  spdyOutboundStreams: 1000,
  /** Streams that the peer opened and nobody here has accepted yet. */
  spdyAcceptBacklog: 256,
  spdyKeepAliveMs: 30_000,
  spdyKeepAliveTimeoutMs: 10_000,
  /** Pings and settings heeded in one turn of the node: each settings frame may touch every stream. */
  spdyControlsPerTurn: 64,

  // streams of any muxer
  /** Data handed to the secure channel at once, before it is asked whether there is room for more. */
  pumpBytes: 256 * 1024,
  /** A stream that nobody reads and that we finished is reset when the peer has not finished in this time. */
  streamFinTimeoutMs: 30_000,
  /** Without a muxer the transport is held back when this much waits for the reader: a yamux window. */
  soleStreamHighWaterBytes: 256 * 1024,
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

  // identify push and signed peer records (libp2p/specs identify/README.md, RFC 0002, RFC 0003)
  /** Changes come in groups (a service registers several protocols): js waits as long. */
  identifyPushDebounceMs: 1_000,
  /** Pushes under way at once (go and js: 32). */
  identifyPushesAtOnce: 32,
  /** From opening the stream to the peer's close. */
  identifyPushTimeoutMs: 10_000,
  /** Pushes of one peer that are read in a window of time: each may cost a signature check. */
  identifyPushesPerWindow: 10,
  identifyPushWindowMs: 10_000,
  /** Push streams of one connection at once. */
  identifyPushInboundStreams: 2,
  /** A record that would make our message longer than this goes in a message of its own, as go does for old readers. */
  identifyWithRecordBytes: 2 * 1024,
  /** Addresses in our signed record: go trims to keep the whole small. */
  peerRecordAddressBytes: 2 * 1024,

  // what many peers tell in the same words
  /** Texts, and lists of texts, kept once for all peers: more versions and protocols than there are in use at a time. */
  sharedTexts: 512,
  /** A text, or a list of texts: twice the protocols of the most talkative implementation. */
  sharedTextChars: 2 * 1024,

  // peerstore
  /** The one unused for longest is forgotten first. */
  peerstorePeers: 10_000,
  peerstoreAddresses: 32,
  /** Longest address kept, in characters: a relayed one with two peer ids and a certificate hash has some 300. */
  peerstoreAddressChars: 512,
  /** All that is kept of one peer: its key, 32 addresses, a hundred protocols and some free values. */
  peerstoreBytesPerPeer: 16 * 1024,
  peerstoreBytes: 32 * 1024 * 1024,
  peerstoreMetadataKeys: 32,
  /** A free value with its key. */
  peerstoreMetadataBytes: 1024,
  /** An address that a peer told, or that answered (go: 1 h). */
  addressLifeMs: 3_600_000,
  /** What a peer only claimed, after it has left (go: 15 min). */
  addressLifeUnconfirmedMs: 900_000,
  /** What others say of a peer (go: 2 min). */
  addressLifeTemporaryMs: 120_000,
  /** Between two writes of what has changed: a busy swarm changes something with every event. */
  peerstoreWriteMs: 5_000,
  /** Damaged records told one by one at a start; the rest is counted. */
  peerstoreReports: 16,

  // observed addresses
  /** Groups of observers that have to agree (go: ActivationThresh). */
  observedConfirmations: 4,
  /** Addresses under observation at once. */
  observedAddresses: 64,
  /** Addresses that one group of observers has under observation: it cannot push out what others see. */
  observedPerObserver: 4,
  /** What nobody has seen for so long is forgotten (go: 30 min). */
  observedLifeMs: 1_800_000,
  /** Confirmed addresses that are told to peers, those with most observers (go: 3). */
  observedTold: 3,

  // circuit relay 0.1.0 (libp2p/specs relay/circuit-v1.md)
  /** go refuses longer messages. */
  relayV1MessageBytes: 4 * 1024,
  relayV1TimeoutMs: 10_000,

  // ping monitor
  /** As js does. */
  pingMonitorMs: 10_000,
  /** Pings in a row that fail before the connection is closed. */
  pingMonitorFailures: 3,

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

  // routing: several routers as one, and what is discovered
  /** One router's share of a call (rust gives a query 60 s, js 180 s). */
  routerTimeoutMs: 60_000,
  /** Providers after which no further tier of routers is asked (Kubo's sessions look for 10). */
  routingEnoughProviders: 10,
  /** A peer that is discovered again, with nothing new, is told again after so long: sources repeat themselves. */
  discoveryRepeatMs: 60_000,
  /** Discovered peers that are remembered for it. */
  discoveryRemembered: 4_096,
  /** Discoveries of one source in a burst; then so many a second, and the rest is dropped and counted. */
  discoveryBurst: 256,
  discoveryPerSecond: 16,
  /** Dials of discovered peers that are under way at once: beside those that somebody waits for. */
  discoveryDialsAtOnce: 8,
  /** Connected peers have so long to say that they have a block, before providers are looked for (boxo: 1 s). */
  providerSearchDelayMs: 1_000,
  /** From a search that brought nothing of use to the next; doubles, up to the longest. */
  providerSearchPauseMs: 2_000,
  providerSearchMaxPauseMs: 60_000,
  /** Providers that one search connects with (Kubo's sessions: 10). */
  providersPerSearch: 10,
  /** Between two random walks, and how long one may take (go: 5 min and 10 s). */
  randomWalkIntervalMs: 300_000,
  randomWalkTimeoutMs: 10_000,

  // kad dht (libp2p/specs kad-dht/README.md; go-libp2p-kad-dht, @libp2p/kad-dht)
  /** A whole CID of old with a long hash, an IPNS name and a peer id are all far below (boxo: CIDs of up to 168 B). */
  kadKeyBytes: 256,
  /** A key of provider records: fixed by the IPFS specification of the DHT. */
  kadProviderKeyBytes: 80,
  /** Peers read of one list of a message: k is 20, and nobody of use sends more than twice as many. */
  kadPeersPerMessage: 40,
  /** Addresses read of one peer in a message: as many as are kept of one, and far below the 8 KiB that go allows it. */
  kadAddressesPerPeer: 32,
  /** An answer that is read (go, js and py: 4 MiB). */
  kadMessageBytes: 4 * 1024 * 1024,
  /** Of all answers that are not whole yet: sixteen of the largest, or a thousand such as nodes send. */
  kadAnswersBytes: 64 * 1024 * 1024,
  /** A request that is read: a value of 10 KiB and its key, or all addresses that one peer may tell, several times over. */
  kadRequestBytes: 64 * 1024,
  /** An answer that is sent: rust reads no more by default. */
  kadReplyBytes: 16 * 1024,
  /** Peers in an answer: k of the public network. */
  kadReplyPeers: 20,
  /** One request, dial and all: go and js wait 10 s for an answer, and a lookup has others to ask. */
  kadRequestTimeoutMs: 10_000,
  /** Requests under way: a dozen lookups of ten each. */
  kadRequestsAtOnce: 128,
  /** Of them, those to one peer: each has a stream of its own, and js takes 32 of a peer. */
  kadRequestsPerPeer: 8,
  /** Requests that wait for room: those of a few hundred lookups; who asks for more has lost count. */
  kadRequestsWaiting: 4096,
  /** Bytes of messages without an answer that are written to a peer in one go, with one time-out: some 300 records. */
  kadPipelineBytes: 64 * 1024,
  /** Streams kept for the next request: the peers that lookups meet again and again. */
  kadIdleStreams: 256,
  /** Of them, those to one peer. */
  kadIdleStreamsPerPeer: 2,
  /** How long: half of what go leaves a silent stream open. */
  kadIdleStreamMs: 30_000,
  /** Inbound streams at once: two for each of a thousand peers, 128 MiB of half-read requests at the very worst. */
  kadInboundStreams: 2048,
  /** Of one peer: as js. */
  kadInboundStreamsPerPeer: 32,
  /** An inbound stream without a whole request (go: 60 s, js: 10 s). */
  kadInboundIdleMs: 60_000,
  /** From a request to its answer: nobody waits for longer. */
  kadAnswerTimeoutMs: 10_000,
  /** From an answer until the peer has taken enough of it. */
  kadSendTimeoutMs: 30_000,
  /** Life of a provider record, of where its provider is, and of a value: the public network's. */
  kadProviderLifeMs: 48 * 3_600_000,
  kadProviderAddressLifeMs: 24 * 3_600_000,
  kadValueLifeMs: 48 * 3_600_000,
  /** Providers of one key: more than an answer of 16 KiB can name. */
  kadProvidersPerKey: 128,
  /** Keys that have providers: of ten million CIDs in a network of ten thousand servers, each of us holds 20,000. */
  kadProviderKeys: 65_536,
  /** Of them, those of one provider: a quarter, so that no peer alone pushes out the others. */
  kadKeysPerProvider: 16_384,
  /** All of that in memory: some 380 bytes a record, and where the providers are. */
  kadProviderBytes: 64 * 1024 * 1024,
  /** A value: an IPNS record by its specification. */
  kadValueBytes: 10 * 1024,
  /** Values stored, and their bytes together. */
  kadValueKeys: 16_384,
  kadValuesBytes: 64 * 1024 * 1024,
  /** Changes of provider records that wait for the store: all that fit into memory, and where their providers are. */
  kadRecordChanges: 262_144,

  // records that others leave with a node: the DHT's, and the registrations of a rendezvous point
  /** How often old records are looked for: they are not told of once they are too old, only not yet gone. */
  recordSweepMs: 3_600_000,
  /** Changed records are gathered for so long before they are written. */
  recordWriteMs: 1_000,
  /** Problems with stored records that are told one by one between two sweeps. */
  recordReports: 16,

  // kad routing table, queries and lookups (libp2p/specs kad-dht/README.md; figures of amino, the public IPFS DHT)
  /** k: peers of a bucket, and of the answer of a lookup. */
  kadBucketPeers: 20,
  /** Peers that wait for a place in a full bucket: as many as it holds. */
  kadBucketCandidates: 20,
  /** Alpha: peers that a query asks at once. */
  kadAsksAtOnce: 10,
  /**
   * Beta: when this many of the closest have answered, the rest of the k closest are asked at once. A query that spares
   * messages asks no others, and ends then.
   */
  kadClosestAnswers: 3,
  /** Questions of one query about places beside its target, where some of the k closest are gone; five are usual. */
  kadProbesPerQuery: 24,
  /** Peers asked about one such place: one may not know all who are there. */
  kadProbePeers: 2,
  /** A peer that has not answered for so long is waited for no longer (a dial is three round trips; rust: 10 s). */
  kadSlowPeerMs: 3_000,
  /** A whole query (rust: 60 s, js: 180 s). */
  kadQueryTimeoutMs: 60_000,
  /** Queries at once: each has up to k messages under way. */
  kadQueriesAtOnce: 256,
  /** Peers remembered by one query: it needs some two hundred; beyond this the farthest are forgotten. */
  kadQueryPeers: 1024,
  /** Disjoint paths of one query (S/Kademlia): more than alpha have nobody to ask at once. */
  kadDisjointPaths: 10,
  /** Queries whose record is kept, and peers and steps told in one. */
  kadQueryRecords: 64,
  kadRecordPeers: 512,
  kadRecordSteps: 128,
  /** Peers whose place in the key space is remembered: a table, its candidates and the queries of some minutes. */
  kadPlacesCached: 16_384,
  /** Addresses of messages remembered with their bytes, of all nodes of a process, each way; longer ones are not. */
  kadAddressesCached: 4096,
  kadAddressCachedBytes: 128,
  /** Questions in a row that a peer leaves unanswered before it is out of the table. */
  kadPeerFailures: 2,
  /** A peer that answered within this time is not asked whether it is there when another one wants its place. */
  kadUsefulMs: 10 * 60_000,
  /** Of one group of addresses (IPv4 /16, IPv6 /32) in one bucket, and in the whole table: go's figures. */
  kadGroupPeersPerBucket: 2,
  kadGroupPeers: 3,
  /** Between two refreshes of the table, and age of a bucket that is refreshed (go: 10 min). */
  kadRefreshMs: 10 * 60_000,
  /** Buckets refreshed at a time: further ones are reached by looking up ourselves (go: 15). */
  kadRefreshBuckets: 15,
  /** Keys hashed to find one that falls into a bucket: enough for the first eleven, and a few ms. */
  kadRefreshTries: 4096,
  /** While nobody is known, the bootstrap peers are dialed again after this. */
  kadBootstrapMs: 30_000,
  /** Peers asked at once whether they are still there. */
  kadChecksAtOnce: 8,
  /** Values to hear before the best is taken (IPNS over the DHT: 16 of 20). */
  kadQuorum: 16,
  /** Providers one call tells of. */
  kadProvidersPerCall: 1024,

  // ipns (specs.ipfs.tech ipns-record; boxo ipns, namesys; helia ipns)
  /** Fixed by the spec: what everybody must take, and nobody has to take more. */
  ipnsRecordBytes: 10 * 1024,
  /** Characters of a CID in a content path: decoding takes time quadratic in them, and CIDs have a hundred at the most. */
  ipnsCidChars: 512,
  /** How long a record lives unless its writer says otherwise: as long as the DHT keeps it. */
  ipnsLifeMs: 48 * 60 * 60 * 1000,
  /** Shorter lives would have it published again every few seconds. */
  ipnsShortestLifeMs: 60 * 1000,
  /** How long readers may take it from a cache: as boxo and helia have it. */
  ipnsTtlMs: 5 * 60 * 1000,
  /** No longer than this from our own cache, whatever a record says: its writer cannot call it back. */
  ipnsLongestCacheMs: 24 * 60 * 60 * 1000,
  /** From a DNSLink's look-up, whose own time to live the resolver does not tell (boxo: a minute). */
  ipnsDnslinkCacheMs: 60 * 1000,
  /** Names in the cache; the one that was asked for least lately goes first. */
  ipnsCacheNames: 1024,
  /** Names on the way from one to what it leads to: as boxo. */
  ipnsDepth: 32,
  /** One name may be looked for so long: as Kubo reads the DHT. */
  ipnsResolveTimeoutMs: 60_000,
  /** Our own records are published again after so long (boxo: 4 h), or when half of a shorter life is over. */
  ipnsRepublishMs: 4 * 60 * 60 * 1000,
  /** After a failure: as boxo. */
  ipnsRetryMs: 5 * 60 * 1000,
  /** After a start, so that routers have peers: as boxo. */
  ipnsStartDelayMs: 60 * 1000,
  /** A due time is looked at so often: the wall clock may have jumped, and a machine may have slept. */
  ipnsCheckMs: 60 * 60 * 1000,
  /** What the network holds under our name is waited for so long before we publish without it: as boxo. */
  ipnsLookUpTimeoutMs: 30_000,
  /** Routers may take so long to store a record. */
  ipnsPutTimeoutMs: 120_000,
  /** Names of our own: a machine and a record each. */
  ipnsOwnNames: 1024,
  /** Records that are on their way at once: after a long pause all of them are due. */
  ipnsPublishesAtOnce: 4,
  /** Calls that wait for another one of the same name. */
  ipnsWaitingPublishes: 16,
  /** Damaged records told one by one; the rest is told as a number. */
  ipnsReports: 16,

  // http, both ways (platform/http-client.ts, platform/http-server.ts)
  /** All header fields of a message together: what Node and most servers allow. */
  httpHeaderBytes: 16 * 1024,
  /** Header fields of a request: a browser sends some twenty. */
  httpHeaderFields: 64,
  /** Connections with one server at once: more than are asked of one at once wait for another to end. */
  httpSocketsPerHost: 16,
  /** Connections kept open for the next request, and for how long: most servers keep theirs for 5 s or longer. */
  httpSocketsKept: 4,
  httpSocketKeptMs: 4_000,
  /** Connections of all clients of a server of ours. */
  httpServerConnections: 512,
  /** One connection's requests, before it has to be made anew. */
  httpServerRequestsPerConnection: 1_000,
  /** From its first byte until a request's head is whole, for no client holds a place by typing slowly. */
  httpServerHeadTimeoutMs: 10_000,
  /** Until the body is whole besides. */
  httpServerRequestTimeoutMs: 20_000,
  /** A connection between two requests. */
  httpServerKeepAliveMs: 5_000,
  /** Nothing was read or written for so long: longer than a search may be silent. */
  httpServerIdleMs: 45_000,

  // delegated routing (specs.ipfs.tech http-routing-v1; boxo routing/http; @helia/delegated-routing-v1-http-api-client)
  httpRoutingEndpoints: 16,
  /** Requests under way at once of one client (helia: 4 a server); more wait, in order. */
  httpRoutingRequestsAtOnce: 32,
  httpRoutingRequestsWaiting: 1024,
  httpRoutingConnectTimeoutMs: 10_000,
  /** From the request to the head: boxo looks for 30 s before it answers without streaming. */
  httpRoutingHeadTimeoutMs: 35_000,
  /** Between two pieces of an answer: the same, for a stream may be silent while its server looks on. */
  httpRoutingIdleTimeoutMs: 35_000,
  /** All of one request, a wait that the server asked for included (helia: 30 s). */
  httpRoutingTimeoutMs: 60_000,
  /** A server that says it is asked too often: what it gets where it names no time, what a request waits for at the most, … */
  httpRoutingRestMs: 1_000,
  httpRoutingRestWaitMs: 10_000,
  /** … and for how long it is believed. */
  httpRoutingRestMaxMs: 3_600_000,
  /** One record: 32 addresses at their limit, and fields that we do not know. */
  httpRoutingLineBytes: 64 * 1024,
  /** A whole answer, streamed or not. */
  httpRoutingAnswerBytes: 4 * 1024 * 1024,
  /** Records of one answer, those that are skipped included: ten times what a server sends without streaming. */
  httpRoutingRecords: 1_000,
  httpRoutingAddresses: 32,
  httpRoutingProtocols: 64,
  /** An IPNS record (specs.ipfs.tech ipns-record: 10 KiB). */
  httpRoutingValueBytes: 10 * 1024,
  /** A CID, peer id or name in text: the longest of use, a CID of 168 bytes in base16, has 337; reading takes time quadratic in it. */
  httpRoutingKeyChars: 384,
  /** Names in one filter. */
  httpRoutingFilterNames: 64,
  /** Searches that a server of ours runs at once; beyond it, 429. */
  httpRoutingServedAtOnce: 64,
  /** What a search of a client may take (boxo: 30 s). */
  httpRoutingServedTimeoutMs: 30_000,
  /** Records of an answer that is not streamed: the spec's figure. */
  httpRoutingServedRecords: 100,
  /** Closest peers: the size of a bucket, says the spec. */
  httpRoutingServedClosest: 20,
  /** Bytes that wait for a client that reads slower than we find; beyond it the search ends. */
  httpRoutingServedQueueBytes: 256 * 1024,
  /** A client that is told 429 comes again in so many seconds. */
  httpRoutingRetryAfterSeconds: 1,

  // providing (libp2p/go-libp2p-kad-dht provider; docs/providing.md)
  /** Keys that a node provides: 70 MiB on disk; memory does not depend on it. */
  providedKeys: 1_000_000,
  /** Keys of one write of the store. */
  provideBatchKeys: 256,
  /** Peers that keep the record of a key: k. */
  provideReplicas: 20,
  /** Every key is provided again after this: go's figure, for records of 48 h. */
  provideIntervalMs: 22 * 60 * 60_000,
  /** From the first new key to its region: an import of many keys is one sweep. */
  provideGatherMs: 500,
  /** Regions under way at once (go: 4 workers). */
  provideRegionsAtOnce: 4,
  /** Peers of one region that are sent to at once (go: 20). */
  provideSendsAtOnce: 20,
  /** Times that a page goes out, each time to those who come after the ones that failed: more than a fifth of them rarely do. */
  provideSendRounds: 3,
  /** Keys of a region held at once: 0.3 MiB with where they go. */
  providePageKeys: 1024,
  /** So few keys of a region are looked up one by one (go: 2): a region takes two or three lookups. */
  provideDirectKeys: 2,
  /** Lookups of one exploration (go: 64). */
  provideLookups: 64,
  /** All of them together: each a few seconds. */
  provideExploreTimeoutMs: 10 * 60_000,
  /** One page to all of its peers: some thirty, each with a time-out of its own. */
  provideSendTimeoutMs: 5 * 60_000,
  /** A region that failed is left alone for the first, doubled up to the second (go: 5 min): records live for a day more. */
  provideBackoffBaseMs: 60_000,
  provideBackoffMaxMs: 60 * 60_000,
  /** The longest wait before wall time is looked at again: a machine that slept finds out by then. */
  provideLookMs: 60 * 60_000,
  /** Records of provided keys that are told of one by one when they cannot be read. */
  provideReports: 100,

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

  // parts for js-libp2p
  /** Streams that wait for the peer to acknowledge others: js-libp2p's own bound of open streams. */
  libp2pWaitingStreams: 1000,

  // simulated network
  /** Bytes of one direction written and not yet read by the other end, above which writers wait: both socket buffers. */
  simulatedPipeBytes: 256 * 1024,
  /** End of it: a gathered write may pass the mark once, and a writer that does not wait loses its connection. */
  simulatedPipeMaxBytes: 64 * 1024 * 1024,
  /** Tries to reach a machine that does not answer, the pause doubling from a second, as Linux does by default. */
  simulatedConnectAttempts: 7,

  // rendezvous (libp2p/specs rendezvous/README.md; docs/rendezvous.md)
  /** One message: rust's bound. */
  rendezvousMessageBytes: 1024 * 1024,
  /** Of a response of ours: as many records as the next bound says, of the usual size; the cookie leads to the rest. */
  rendezvousAnswerBytes: 512 * 1024,
  /** Registrations of one response: the spec's recommendation. */
  rendezvousRegistrations: 1_000,
  /** A namespace, in bytes: the spec's recommendation, and rust's bound. */
  rendezvousNamespaceBytes: 255,
  /** A signed record: a key, 32 addresses and a signature, several times over. */
  rendezvousRecordBytes: 8 * 1024,
  /** A cookie that we keep for a point; rust's are 8 bytes and a namespace. */
  rendezvousCookieBytes: 1024,
  /** What we remember of the words of a refusal. */
  rendezvousStatusTextCharacters: 256,
  /** What a registration lasts where nothing is said, at the least, and at the most: the spec's 2 h, 2 h and 72 h. */
  rendezvousDefaultTtlSeconds: 2 * 60 * 60,
  rendezvousMinTtlSeconds: 2 * 60 * 60,
  rendezvousMaxTtlSeconds: 72 * 60 * 60,
  /** Registrations of one peer at a point: the spec's recommendation (rust: 32), for each CID provided is one. */
  rendezvousPeerRegistrations: 1_000,
  /** Registrations of all peers: rust's bound. */
  rendezvousTotalRegistrations: 10_000,
  /** Changes of registrations that wait for the store: each written anew, and as many that were taken back. */
  rendezvousChanges: 20_000,
  /** Requests of one peer that a point works on at once: responses wait until they are read. */
  rendezvousPeerRequests: 8,
  /** Requests of all peers: with the largest responses 64 MiB. */
  rendezvousRequests: 128,
  /** A request or a response: as long as rust waits. */
  rendezvousTimeoutMs: 10_000,
  /** Registrations that we keep at one point: as many as a point should take of a peer. */
  rendezvousOwnRegistrations: 1_000,
  /** Requests to a point that are under way at once; the others wait. */
  rendezvousOwnRequests: 4,
  /** A registration is renewed when this much of its life is left, or a quarter where that is less. */
  rendezvousRenewBeforeMs: 10 * 60 * 1000,
  /** After a renewal that failed: ten tries in the time that is left. */
  rendezvousRetryMs: 60_000,
  /** Pages of one search: what a full point has, at its smallest pages that make sense. */
  rendezvousPages: 100,
  /** Peers of one search: more than anybody dials. */
  rendezvousDiscoveredPeers: 10_000,
  /** From one look at a point to the next. */
  rendezvousPollMs: 60_000,
  // multicast DNS of the local network (libp2p/specs discovery/mdns.md; RFC 6762)
  /** RFC 6762, 17: a message with its IP and UDP headers is at most 9,000 bytes. */
  dnsMessageBytes: 8_972,
  /** Questions and records of one message: what fits into it when they are as small as ours. */
  dnsRecords: 512,
  /** Ours fit into one Ethernet frame, whatever carries it: fragments get lost. */
  mdnsAnswerBytes: 1_400,
  /** Names of known peers in a question of ours: as many as fit into such a frame. */
  mdnsKnownAnswers: 24,
  /** Addresses of one peer, told and heard: a few transports on a few interfaces. */
  mdnsAddresses: 16,
  /** Peers remembered: a network of more is no local one. */
  mdnsPeers: 1_024,
  /** Of them, those that one host told: a machine that runs a whole test network. */
  mdnsPeersPerHost: 64,
  /** Messages of one host in a burst, then each second: a node asks and answers a few times a minute. */
  mdnsHostMessagesBurst: 128,
  mdnsHostMessagesPerSecond: 16,
  /** Hosts whose rate is remembered. */
  mdnsHosts: 256,
  /** Messages of all hosts: reading one costs some ten microseconds, so that a flood costs a hundredth of one core. */
  mdnsMessagesBurst: 2_048,
  mdnsMessagesPerSecond: 512,
  /** RFC 6762, 6 and 5.2: answers that others give too, and first questions, wait 20 to 120 ms, so that not all come at once. */
  mdnsDelayMinMs: 20,
  mdnsDelayMaxMs: 120,
  /** RFC 6762, 6 and 5.2: from an answer to the same one, and from the first question to the next. */
  mdnsPaceMs: 1_000,
  /** Questions come half as often each time until they come so often: half a record's life, so that one may get lost (js: 10 s, rust: 5 min). */
  mdnsQueryMaxMs: 60_000,
  /** After the socket failed, e.g. without a network: then it is tried again. */
  mdnsReopenMs: 30_000,
  /** Life of our records, as js has it. */
  mdnsRecordSeconds: 120,
  /** Life of others' at the most, as rust has it: whoever is there answers the next question. */
  mdnsRecordMaxSeconds: 360,
  /** Looking for one peer: two questions and their answers. */
  mdnsLookupTimeoutMs: 5_000,
  /** Peers looked for at once. */
  mdnsLookups: 256,
  /** The name of a peer on the network: the specification asks for 32 characters, a label holds 63. */
  mdnsNameChars: 32,

  // trackers (BEP 3, 7, 15 and 23; docs/trackers.md)
  /** Trackers of one node. */
  trackerUrls: 16,
  /** CIDs announced and announced again: each is a message to each tracker twice an hour. */
  trackerProvided: 1_024,
  /** Requests under way at once, to all trackers: what a tracker takes of one host, and few sockets. */
  trackerRequestsAtOnce: 16,
  /** One over HTTP, from connecting to the end of the answer (bittorrent-tracker: 15 s). */
  trackerRequestTimeoutMs: 15_000,
  /** An answer over HTTP: a thousand peers in the long form. */
  trackerAnswerBytes: 128 * 1024,
  /** Dictionaries in lists in dictionaries: what answers have, and some. */
  bencodeDepth: 8,
  /** Over UDP a request is sent again after this, then after twice as long (BEP 15: 15 s, for which no lookup would wait). */
  trackerUdpRetryMs: 5_000,
  trackerUdpTries: 3,
  /** Peers asked for: what clients ask for, and fits into a datagram. */
  trackerPeersWanted: 50,
  /** Peers read of one answer, whatever was asked for. */
  trackerPeersPerAnswer: 200,
  /** A tracker that wants to hear of us all the time does not; one that never does, does (usual: 30 min). */
  trackerIntervalMinMs: 60_000,
  trackerIntervalMaxMs: 2 * 60 * 60_000,
  /** After a failure, doubled with each more, up to the longest interval. */
  trackerRetryMs: 30_000,
  /** Saying that we leave, when the node stops. */
  trackerFarewellMs: 2_000,
  /** Lookups at once. */
  trackerLookups: 64,
  /** Peers of one lookup that are tried, and how many of them at once: a tracker that lies makes us dial no more. */
  trackerHints: 100,
  trackerHintsAtOnce: 8,
  /** To find out who is at an address: a dial and a handshake. */
  trackerHintTimeoutMs: 10_000,
  /** A whole lookup, all its peers tried. */
  trackerLookupTimeoutMs: 60_000,

  // traces
  /** A gzipped trace is unpacked up to this: what a string can hold, and far more than a fixture. */
  traceFileBytes: 512 * 1024 * 1024,
  /** What a flight recorder keeps: some ten thousand records, a failing connection and what led to it. */
  flightRecorderBytes: 8 * 1024 * 1024,
  /** Tapes of one node that stay on the disk: the newest. */
  flightRecorderFiles: 16,
  /** No second tape within this time, so that a peer that fails on purpose costs no more than one file in it. */
  flightRecorderPauseMs: 10_000,

  // inspector (docs/inspector.md)
  /** Pages that look at one source at once: a few windows of a few people. */
  inspectPages: 10,
  /** Sockets of its server, pages included: a browser opens six to a host. */
  inspectSockets: 64,
  /** The head of a request: what browsers send to a host that sets no cookies, several times over. */
  inspectRequestBytes: 16 * 1024,
  /** One message of a page: a fork may carry a chunk of a megabyte, in hex. */
  inspectMessageBytes: 2 * 1024 * 1024 + 64 * 1024,
  /** A page that answers no ping for so long is gone. */
  inspectIdleMs: 120_000,
  /** From the upgrade on: a page says at once what it can take, and one that does not still sees notices. */
  inspectPingMs: 30_000,
  /** A batch leaves when it has so many records, or after so long: one frame of a screen. */
  inspectBatchRecords: 200,
  inspectBatchMs: 16,
  /** The same for a source that leaves records out: each frame that is drawn takes from the node, and nobody can read them. */
  inspectSummaryBatchMs: 250,
  /** Records that are handed on to one page before those before them have been sent. */
  inspectPortionRecords: 2_000,
  /** What waits for a page that reads slowly; beyond it no record is handed on. */
  inspectQueueBytes: 4 * 1024 * 1024,
  /** Orders of one page that are under way at once. */
  inspectCommandsAtOnce: 8,
  /** Breakpoints of one order. */
  inspectBreakpoints: 64,
  /** Records that a page keeps, and the most that it can ask for ahead: twice what has to open in two seconds. */
  inspectPageRecords: 200_000,
  /** What is kept of a running node's past while somebody looks, in records and in characters. */
  inspectRingRecords: 32_768,
  inspectRingBytes: 16 * 1024 * 1024,
  /** Records that a page may lie behind before it is told of steps alone: half a second of a busy node. */
  inspectLagRecords: 8_192,
  /** Of a page that lies so far behind that it would lose the rest, one step in so many is told. */
  inspectSampleRecords: 16,
  /**
   * Records of the wants, and of the queries of each DHT, that stand when somebody begins to look: those of two DHTs and the
   * states below leave room in the ring. A thousand wants with each of two peers fit, as do sixteen usual queries.
   */
  observeStandingRecords: 6_144,
  /** What is told of the time before anybody looked: the states that each live actor went through. */
  inspectPresentRecords: 8_192,
  /** From one look at a node's numbers to the next. */
  inspectGaugesMs: 1_000,
  /**
   * So many records of mere bytes in so long, and they are no longer made but summed, until they have been fewer for a
   * second: at 20 microseconds each they would cost more than a twentieth of the node's time.
   */
  inspectFloodRecords: 250,
  inspectFloodWindowMs: 100,
  inspectFloodQuietMs: 1_000,
  /** Connections and streams whose bytes are summed; when there are more, the sums are told at once and begin anew. */
  inspectFloodSums: 4_096,
  /** A node goes on to be heard so long after the last page has gone: a page that is loaded again misses nothing. */
  inspectLingerMs: 5_000,
  /** What a stopping server gives its pages to take what was said last. */
  inspectFarewellMs: 1_000,
  /** One line of a trace that is streamed: a hundred times the longest chunk in hex. */
  inspectLineBytes: 16 * 1024 * 1024,

  // operations (docs/operations.md, docs/rpc.md)
  /** Clients of the local RPC at once: a few people and their scripts. */
  rpcClients: 32,
  /** One request: no method takes more than an address and some names. */
  rpcRequestBytes: 64 * 1024,
  /** One answer: ten thousand connections. */
  rpcAnswerBytes: 4 * 1024 * 1024,
  /** What waits for a client that does not read; beyond it the client is dropped. */
  rpcQueueBytes: 8 * 1024 * 1024,
  /** Requests of one client that are under way at once. */
  rpcRequestsAtOnce: 64,
  /** A client has to show its token in this time, so that nobody holds a place without one. */
  rpcTokenTimeoutMs: 5_000,
  /** The daemon is on this machine: who does not answer a connect for so long is not there. */
  rpcConnectTimeoutMs: 5_000,
  /** Pings of one request. */
  rpcPings: 100,
  /** Sets of labels of one counter: as many as a chart shows; what comes beyond is counted as `other`. */
  metricSeries: 256,
  /** Connections with the page of metrics at once: scrapers come one by one. */
  metricsClients: 16,
  /** Live spans: more than a busy node has at once; what begins beyond is not traced. */
  traceSpans: 4_096,
  /** Log lines of one kind (event and code) in a burst; then so many a second, and the rest is summed in one line. */
  logLinesBurst: 20,
  logLinesPerSecond: 1,
  /** Kinds of lines whose rate is remembered; beyond it they share one. */
  logKinds: 512,
  /** Sums of lines left out are told so often. */
  logSummaryMs: 10_000,
  // forks of traces (docs/inspect-runs.md)
  /** Inputs of a fork, its timers and what it settles itself among them: far more than a trace that anybody looks at. */
  forkInputs: 200_000,
  /** Records of a fork, what it has in common with the recording among them. */
  forkRecords: 1_000_000,
  /** A recorded input that the changed node does not wait for is left out after so much virtual time: longer than a dial. */
  forkHoldMs: 120_000,
  /** Virtual time after the last recorded input in which timers still fire: keep-alives and time-outs come to their end. */
  forkRunOnMs: 300_000,
  /** By how much an input can be delayed: a day, so that every time-out there is can be passed. */
  forkDelayMs: 86_400_000,
  /** Bytes that can be put in the place of a chunk: a chunk of a socket is far smaller. */
  forkBytes: 1024 * 1024,
  /** Trace inside an exported test: what a repository still takes for a test; a handshake is a hundredth of it. */
  exportedTestBytes: 4 * 1024 * 1024,
  /** Actors that a diff of two traces lists: a page shows far fewer. */
  inspectDiffActors: 10_000,
  /** Records of a simulation that is looked at; there it is held: some minutes of a dozen busy nodes. */
  inspectSimulationRecords: 1_000_000,
  /** Forks that one source keeps to be shown: each holds its records. */
  inspectForks: 16,

  /** A configuration file: some thousand peers and ranges of the gater. */
  configFileBytes: 1024 * 1024,
} as const;

/** The bounds a node runs with. */
export type Limits = { readonly [Name in keyof typeof LIMITS]: number };

/** What bounds were before, where they have changed: a trace that does not tell them was recorded then. */
export const FORMER_LIMITS: Partial<Limits> = {
  secioHandshakeTimeoutMs: 30_000,
  noiseHandshakeTimeoutMs: 30_000,
  // There was none.
  hostDialsBurst: Number.MAX_SAFE_INTEGER,
};

/** The bounds that a trace has to tell: those that its node overrides, and those that were not always what they are. */
export function toldLimits(overrides: Partial<Limits> = {}): Partial<Limits> {
  const changed = Object.entries(LIMITS).filter(([name]) => name in FORMER_LIMITS);
  return { ...Object.fromEntries(changed), ...overrides };
}
