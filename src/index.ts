/** The public surface. */
export type { MuxerName, SecurityName } from './chain-protocols.js';
export { createNode, type CreateNodeOptions } from './create-node.js';
export { Host, type BlockTarget, type HandleOptions, type PingOptions } from './host/host.js';
export type {
  AddOptions,
  Added,
  ContentEntry,
  FetchProgress,
  FileSource,
  GetOptions,
  TreeEntry,
  TreeSource,
} from './host/content.js';
export type { BitswapSession, PeerTally, SessionStats, WantOptions } from './actors/bitswap/session.js';
export type { SessionOptions } from './actors/bitswap/bitswap-actor.js';
export type { ConnectionInfo, StreamInfo } from './host/connection-info.js';
export type { HostEvent } from './host/host-events.js';
export type { HostOptions, PeerOptions } from './host/options.js';
export type { DhtChoice, DhtMode, MdnsChoice, NodeRoutingOptions, ProvideStrategy } from './host/routing/options.js';
export type { AddressRule } from './actors/dht/address-rules.js';
export type { DhtActor, DhtView } from './actors/dht/dht-actor.js';
export type { NumberedQueryEvent, QueryEvent } from './actors/dht/query-events.js';
export type {
  QueryRecord,
  QueryRecordPeer,
  QueryRecordProbe,
  QueryRecordStep,
  QueryRefusals,
} from './actors/dht/query-record.js';
export type { ComposedRouter, RouterEntry, RouterProblem, RoutingMethod } from './actors/routing/composed-router.js';
export type { RandomWalkOptions } from './actors/routing/random-walk.js';
export type { Ipns, NameAnswer, NameProblem, NameStep, PublishedName } from './actors/ipns/ipns.js';
export type { PublishNameOptions, ResolveNameOptions } from './actors/ipns/ipns.js';
export type { DiscoveredPeer, Discovery, RoutedPeer, Router, RoutingOptions } from './routing/router.js';
export type { PeerAnswer, ProviderAnswer, StoreAnswer, ValueAnswer, ValueValidator } from './routing/router.js';
export type { DelegatedRoutingServer, ServedRequest } from './routing/delegated/server.js';
export { BootstrapList, PUBLIC_BOOTSTRAP } from './routing/bootstrap-list.js';
export { NodeHttpServer } from './platform/http-server.js';
export type { Peers, PeerInfo, PeerInfoChange, PeerPatch } from './host/peers.js';
export type { AddressSource, KnownAddress } from './wire/peer-entry.js';
export type { PingMonitorOptions } from './actors/swarm/ping-monitor.js';
export type { ConnectionManagerOptions } from './actors/policy/connection-manager.js';
export type { GaterList, GaterOptions, GaterStage } from './actors/policy/gater.js';
export type { Tag, TagOptions } from './actors/policy/peer-tags.js';
export type { ResourceOptions, ResourcesSnapshot } from './actors/policy/resource-manager.js';
export type { Resource, ResourceUsage, ScopeLimits, ScopeSnapshot } from './actors/policy/scope.js';
export type { MuxerResources } from './actors/connection/muxer.js';
export type { Recording, RecordOptions as LiveRecordOptions } from './host/recording.js';
export type { Inspection, InspectOptions } from './host/inspection.js';
export type { ProtocolStream, StreamConnection, StreamHandler } from './actors/stream/protocol-stream.js';
export type { IdentifyResult } from './actors/protocols/identify-handler.js';
export type { TransitionNotice } from './actors/environment.js';
export type { ConnectionMessage, Direction, Layer, MessageEvent } from './messages.js';
export { EngineError, ERROR_HINTS, type Blame, type ErrorCode, type FailureDetails, type StateStay } from './errors.js';
export { LIMITS, type Limits } from './limits.js';
export * from './ports.js';
export { failureReport, formatFailure, formatTimeline, type FailureReport } from './report/failure-report.js';
export { formatLadder, type LadderOptions, type LadderStep } from './report/ladder.js';
export { formatLogLine, LOG_LEVELS, logTo } from './telemetry/log.js';
export type { LogLevel, LogLine, LogOptions, LogSink } from './telemetry/log.js';
export { mplexProtocol } from './actors/connection/mplex/muxer.js';
export { noiseProtocol } from './actors/connection/noise/handler.js';
export { plaintextProtocol } from './actors/connection/plaintext/handler.js';
export { tlsProtocol } from './actors/connection/tls/handler.js';
export { secioProtocol, secioProtocolWith } from './actors/connection/secio/handler.js';
export { spdyProtocol } from './actors/connection/spdy/muxer.js';
export { yamuxProtocol } from './actors/connection/yamux/muxer.js';
export { nodeCiphers } from './platform/node-ciphers.js';
export { portableCiphers } from './crypto/portable-ciphers.js';
export { randomRechunk, recordedNode, replayTrace } from './replay/index.js';
export type { RecordedNode, RecordOptions, Rechunk, ReplayDifference } from './replay/index.js';
export type { ReplayLevel, ReplayOptions, ReplayResult } from './replay/index.js';
export { readTraceFile } from './platform/trace-file.js';
export type { Trace, TraceClass, TraceHeader } from './trace/format.js';
export { openRepo, type Repo } from './platform/repo.js';
export { systemResolver } from './platform/system-resolver.js';
export { tcpTransport } from './platform/tcp-transport.js';
export { websocketTransport, type WebSocketTransportOptions } from './platform/websocket-transport.js';
export { unixTransport } from './platform/unix-transport.js';
export { connectionOf, duplexTransport } from './platform/duplex-transport.js';
export type { DuplexTransport, DuplexTransportOptions, StreamPair } from './platform/duplex-transport.js';
export { fromBlockstore, toBlockstore } from './dag/blockstore-adapter.js';
export { exportCar, importCar, type CarSummary } from './dag/car.js';
export { blocksOf, type GetBlock } from './dag/get-block.js';
