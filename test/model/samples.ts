/**
 * What the models are fed: inputs of each machine, samples of each event's payload, and how each final state is told.
 * The types ask for a sample of every event and an outcome of every machine: an event without one does not compile.
 */
import type { AnyStateMachine, EventFromLogic, InputFrom } from 'xstate';
import {
  bitswapInboundMachine,
  bitswapOutboundMachine,
  bitswapSessionMachine,
  changeBatchMachine,
  connectionMachine,
  connectionTrimMachine,
  dialMachine,
  identifyMachine,
  identifyPushMachine,
  kadQueryMachine,
  keepAliveMachine,
  mplexSessionMachine,
  mplexStreamMachine,
  multistreamAskerMachine,
  multistreamDialerMachine,
  multistreamLazyDialerMachine,
  multistreamListenerMachine,
  noiseHandshakeMachine,
  pingMachine,
  pingMonitorMachine,
  plaintextExchangeMachine,
  relayV1Machine,
  resolutionMachine,
  secioHandshakeMachine,
  soleStreamMachine,
  spdySessionMachine,
  spdyStreamMachine,
  tableUpkeepMachine,
  tlsClientMachine,
  tlsServerMachine,
  yamuxSessionMachine,
  yamuxStreamMachine,
} from '../../src/machines/index.js';

/** One machine with what drives it. */
export interface Model {
  readonly machine: AnyStateMachine;
  /** By name; small bounds, so that every counter reaches its end in a few steps. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly events: readonly { readonly type: string }[];
  /** By final state: the code that is reported, else the type of the last effect, `silence` where there is none. */
  readonly outcomes: Readonly<Record<string, string>>;
}

type Samples<TMachine extends AnyStateMachine> = {
  readonly [Type in EventFromLogic<TMachine>['type']]: readonly (EventFromLogic<TMachine> & { readonly type: Type })[];
};

function model<TMachine extends AnyStateMachine>(
  machine: TMachine,
  inputs: Readonly<Record<string, InputFrom<TMachine>>>,
  samples: Samples<TMachine>,
  outcomes: Readonly<Record<string, string>>,
): Model {
  const events = [...Object.values<readonly { readonly type: string }[]>(samples).flat(), STRANGER];
  return { machine, inputs, events, outcomes };
}

/** An event of no machine: what a bug in an owner would send. */
export const STRANGER = { type: 'stranger.event' } as const;

/** An event that carries nothing. */
function bare<Type extends string>(type: Type): readonly [{ readonly type: Type }] {
  return [{ type }];
}

const TLS_EVENTS = {
  'wire.certificate': bare('wire.certificate'),
  'wire.certificateVerify': bare('wire.certificateVerify'),
  'wire.finished': bare('wire.finished'),
  'wire.other': bare('wire.other'),
  'wire.malformed': bare('wire.malformed'),
  'wire.badRecord': bare('wire.badRecord'),
  'wire.flood': bare('wire.flood'),
  'wire.alert': bare('wire.alert'),
  'crypto.accepted': bare('crypto.accepted'),
  'crypto.malformed': bare('crypto.malformed'),
  'crypto.noCommonVersion': bare('crypto.noCommonVersion'),
  'crypto.noCommonSuite': bare('crypto.noCommonSuite'),
  'crypto.noCommonProtocol': bare('crypto.noCommonProtocol'),
  'crypto.badCertificate': bare('crypto.badCertificate'),
  'crypto.peerMismatch': bare('crypto.peerMismatch'),
  'crypto.badSignature': bare('crypto.badSignature'),
  'crypto.badFinished': bare('crypto.badFinished'),
  'transport.ended': bare('transport.ended'),
  'transport.failed': bare('transport.failed'),
} as const;

const TLS_OUTCOMES = {
  secured: 'report.secured',
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
} as const;

const MULTISTREAM_FAILURES = {
  badHeader: 'ERR_MULTISTREAM_BAD_HEADER',
  badMessage: 'ERR_MULTISTREAM_BAD_MESSAGE',
  unexpected: 'ERR_MULTISTREAM_UNEXPECTED',
  timedOut: 'ERR_MULTISTREAM_TIMEOUT',
  ended: 'ERR_MULTISTREAM_ENDED',
} as const;

/** Every machine of the engine, in the order of the catalogue. */
export const MODELS: readonly Model[] = [
  model(
    dialMachine,
    {
      'one address': { delaysMs: [0], maxAtOnce: 8, timeoutMs: 60_000 },
      'two addresses': { delaysMs: [0, 250], maxAtOnce: 8, timeoutMs: 60_000 },
      'five, two at once': { delaysMs: [0, 0, 250, 250, 500], maxAtOnce: 2, timeoutMs: 60_000 },
      'four, three at once': { delaysMs: [0, 250, 500, 500], maxAtOnce: 3, timeoutMs: 400 },
      'two, one at once': { delaysMs: [0, 250], maxAtOnce: 1, timeoutMs: 60_000 },
    },
    {
      'addresses.more': bare('addresses.more'),
      'connection.opened': bare('connection.opened'),
      'connection.failed': bare('connection.failed'),
      'local.cancel': bare('local.cancel'),
    },
    {
      connected: 'report.connected',
      exhausted: 'ERR_DIAL_FAILED',
      timedOut: 'ERR_DIAL_TIMEOUT',
      cancelled: 'ERR_ABORTED',
      unexpected: 'ERR_CONNECTION_UNEXPECTED',
    },
  ),
  model(
    resolutionMachine,
    { usual: { timeoutMs: 10_000 } },
    {
      'lookups.done': bare('lookups.done'),
      'lookups.failed': [{ type: 'lookups.failed', code: 'ERR_RESOLVE_LOOP' }],
      'local.cancel': bare('local.cancel'),
    },
    {
      resolved: 'report.resolved',
      failed: 'ERR_RESOLVE_LOOP',
      timedOut: 'ERR_RESOLVE_TIMEOUT',
      cancelled: 'ERR_ABORTED',
      unexpected: 'ERR_CONNECTION_UNEXPECTED',
    },
  ),
  model(
    connectionMachine,
    {
      usual: { connectTimeoutMs: 5000, upgradeTimeoutMs: 30_000, closeTimeoutMs: 2000 },
      'short upgrade': { connectTimeoutMs: 5000, upgradeTimeoutMs: 1000, closeTimeoutMs: 2000 },
    },
    {
      'transport.connected': bare('transport.connected'),
      'multistream.selected': [{ type: 'multistream.selected', protocol: '/noise' }],
      'security.secured': [{ type: 'security.secured' }, { type: 'security.secured', muxer: '/yamux/1.0.0' }],
      'muxer.ended': bare('muxer.ended'),
      'transport.ended': bare('transport.ended'),
      'transport.closed': bare('transport.closed'),
      'layer.failed': [{ type: 'layer.failed', code: 'ERR_NOISE_BAD_MESSAGE' }],
      'local.close': bare('local.close'),
    },
    {
      closed: 'report.closed',
      failed: 'ERR_NOISE_BAD_MESSAGE',
      ended: 'ERR_TRANSPORT_ENDED',
      unreachable: 'ERR_DIAL_TIMEOUT',
      aborted: 'ERR_ABORTED',
      timedOut: 'ERR_UPGRADE_TIMEOUT',
      unexpected: 'ERR_CONNECTION_UNEXPECTED',
    },
  ),
  model(
    keepAliveMachine,
    { usual: undefined },
    {
      'peer.connected': bare('peer.connected'),
      'peer.disconnected': [{ type: 'peer.disconnected', retryMs: 1000 }],
      'dial.failed': [{ type: 'dial.failed', retryMs: 1000 }],
      'local.release': bare('local.release'),
    },
    { released: 'silence', unexpected: 'ERR_KEEP_ALIVE_UNEXPECTED' },
  ),
  model(
    connectionTrimMachine,
    { usual: { checkMs: 10_000 } },
    {
      'trim.done': bare('trim.done'),
      'connections.within': bare('connections.within'),
      'local.stop': bare('local.stop'),
    },
    { relaxed: 'silence', stopped: 'silence', unexpected: 'ERR_TRIM_UNEXPECTED' },
  ),
  model(
    multistreamDialerMachine,
    { 'two protocols': { protocols: ['/a', '/b'], timeoutMs: 10_000 } },
    {
      'wire.header': bare('wire.header'),
      'wire.protocol': [
        { type: 'wire.protocol', protocol: '/a' },
        { type: 'wire.protocol', protocol: '/b' },
      ],
      'wire.na': bare('wire.na'),
      'wire.ls': bare('wire.ls'),
      'wire.invalid': bare('wire.invalid'),
      'wire.surplus': bare('wire.surplus'),
      'transport.ended': bare('transport.ended'),
    },
    { selected: 'report.selected', noOverlap: 'ERR_MULTISTREAM_NO_OVERLAP', ...MULTISTREAM_FAILURES },
  ),
  model(
    multistreamLazyDialerMachine,
    { 'a known protocol': { protocol: '/a', timeoutMs: 10_000 } },
    {
      'wire.header': bare('wire.header'),
      'wire.protocol': [
        { type: 'wire.protocol', protocol: '/a' },
        { type: 'wire.protocol', protocol: '/b' },
      ],
      'wire.na': bare('wire.na'),
      'wire.ls': bare('wire.ls'),
      'wire.invalid': bare('wire.invalid'),
      'wire.surplus': bare('wire.surplus'),
      'transport.ended': bare('transport.ended'),
      'local.leave': bare('local.leave'),
    },
    {
      confirmed: 'report.confirmed',
      left: 'silence',
      refused: 'ERR_MULTISTREAM_NO_OVERLAP',
      ...MULTISTREAM_FAILURES,
    },
  ),
  model(
    multistreamListenerMachine,
    { 'two of each': { maxProposals: 2, maxLists: 2, timeoutMs: 10_000 } },
    {
      'wire.header': bare('wire.header'),
      'wire.protocol': [
        { type: 'wire.protocol', protocol: '/a', supported: true },
        { type: 'wire.protocol', protocol: '/z', supported: false },
      ],
      'wire.na': bare('wire.na'),
      'wire.ls': bare('wire.ls'),
      'wire.invalid': bare('wire.invalid'),
      'wire.surplus': bare('wire.surplus'),
      'transport.ended': bare('transport.ended'),
    },
    { selected: 'report.selected', tooMany: 'ERR_MULTISTREAM_TOO_MANY', ...MULTISTREAM_FAILURES },
  ),
  model(
    multistreamAskerMachine,
    { 'a question': { timeoutMs: 10_000 } },
    {
      'wire.header': bare('wire.header'),
      'wire.na': bare('wire.na'),
      'wire.ls': bare('wire.ls'),
      'wire.list': bare('wire.list'),
      'wire.invalid': bare('wire.invalid'),
      'transport.ended': bare('transport.ended'),
    },
    { listed: 'report.listed', declined: 'ERR_MULTISTREAM_NO_LIST', ...MULTISTREAM_FAILURES },
  ),
  model(
    noiseHandshakeMachine,
    { usual: { timeoutMs: 30_000 } },
    {
      'local.dial': bare('local.dial'),
      'local.listen': bare('local.listen'),
      'wire.message': bare('wire.message'),
      'crypto.opened': bare('crypto.opened'),
      'crypto.rejected': bare('crypto.rejected'),
      'crypto.verified': bare('crypto.verified'),
      'crypto.badPayload': bare('crypto.badPayload'),
      'crypto.badSignature': bare('crypto.badSignature'),
      'crypto.peerMismatch': bare('crypto.peerMismatch'),
      'crypto.noCommonMuxer': bare('crypto.noCommonMuxer'),
      'transport.ended': bare('transport.ended'),
      'transport.failed': bare('transport.failed'),
    },
    {
      secured: 'report.secured',
      badMessage: 'ERR_NOISE_BAD_MESSAGE',
      badPayload: 'ERR_NOISE_BAD_PAYLOAD',
      badSignature: 'ERR_NOISE_BAD_SIGNATURE',
      peerMismatch: 'ERR_PEER_ID_MISMATCH',
      noCommonMuxer: 'ERR_NOISE_NO_COMMON_MUXER',
      unexpected: 'ERR_NOISE_UNEXPECTED',
      timedOut: 'ERR_NOISE_TIMEOUT',
      ended: 'ERR_NOISE_ENDED',
    },
  ),
  model(
    secioHandshakeMachine,
    { usual: { timeoutMs: 30_000 } },
    {
      'wire.propose': bare('wire.propose'),
      'wire.exchange': bare('wire.exchange'),
      'wire.nonce': bare('wire.nonce'),
      'wire.badFrame': bare('wire.badFrame'),
      'crypto.localPreferred': bare('crypto.localPreferred'),
      'crypto.remotePreferred': bare('crypto.remotePreferred'),
      'crypto.badPropose': bare('crypto.badPropose'),
      'crypto.selfDial': bare('crypto.selfDial'),
      'crypto.peerMismatch': bare('crypto.peerMismatch'),
      'crypto.noCommonSuite': bare('crypto.noCommonSuite'),
      'crypto.secretAgreed': bare('crypto.secretAgreed'),
      'crypto.secretDoubtful': bare('crypto.secretDoubtful'),
      'crypto.badExchange': bare('crypto.badExchange'),
      'crypto.badSignature': bare('crypto.badSignature'),
      'crypto.nonceMatched': bare('crypto.nonceMatched'),
      'crypto.badMac': bare('crypto.badMac'),
      'crypto.badNonce': bare('crypto.badNonce'),
      'transport.ended': bare('transport.ended'),
      'transport.failed': bare('transport.failed'),
    },
    {
      secured: 'report.secured',
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
  ),
  model(
    tlsClientMachine,
    { usual: { timeoutMs: 30_000 } },
    {
      ...TLS_EVENTS,
      'wire.serverHello': bare('wire.serverHello'),
      'wire.helloRetryRequest': bare('wire.helloRetryRequest'),
      'wire.encryptedExtensions': bare('wire.encryptedExtensions'),
      'wire.certificateRequest': bare('wire.certificateRequest'),
    },
    TLS_OUTCOMES,
  ),
  model(
    tlsServerMachine,
    { usual: { timeoutMs: 30_000 } },
    {
      ...TLS_EVENTS,
      'wire.clientHello': bare('wire.clientHello'),
      'crypto.noShare': bare('crypto.noShare'),
    },
    { ...TLS_OUTCOMES, noCommonProtocol: 'ERR_TLS_NO_COMMON_PROTOCOL' },
  ),
  model(
    plaintextExchangeMachine,
    { usual: { timeoutMs: 30_000 } },
    {
      'wire.exchange': bare('wire.exchange'),
      'wire.badMessage': bare('wire.badMessage'),
      'crypto.exchangeVerified': bare('crypto.exchangeVerified'),
      'crypto.badExchange': bare('crypto.badExchange'),
      'crypto.idMismatch': bare('crypto.idMismatch'),
      'crypto.peerMismatch': bare('crypto.peerMismatch'),
      'transport.ended': bare('transport.ended'),
      'transport.failed': bare('transport.failed'),
    },
    {
      secured: 'report.secured',
      malformed: 'ERR_PLAINTEXT_BAD_EXCHANGE',
      mismatched: 'ERR_PLAINTEXT_BAD_EXCHANGE',
      wrongPeer: 'ERR_PEER_ID_MISMATCH',
      unexpected: 'ERR_PLAINTEXT_UNEXPECTED',
      timedOut: 'ERR_PLAINTEXT_TIMEOUT',
      ended: 'ERR_PLAINTEXT_ENDED',
    },
  ),
  model(
    yamuxSessionMachine,
    { usual: { keepAliveMs: 30_000, keepAliveTimeoutMs: 10_000 } },
    {
      'wire.goAway': [
        { type: 'wire.goAway', code: 0, idle: false },
        { type: 'wire.goAway', code: 0, idle: true },
        { type: 'wire.goAway', code: 1, idle: false },
      ],
      'wire.violation': [{ type: 'wire.violation', code: 'ERR_YAMUX_BAD_HEADER' }],
      'peer.heard': bare('peer.heard'),
      'streams.idle': bare('streams.idle'),
      'local.goAway': [
        { type: 'local.goAway', code: 0, idle: false },
        { type: 'local.goAway', code: 0, idle: true },
      ],
      'local.dispose': [{ type: 'local.dispose', code: 0 }],
      'transport.ended': [
        { type: 'transport.ended', idle: false },
        { type: 'transport.ended', idle: true },
      ],
      'transport.failed': bare('transport.failed'),
    },
    {
      closed: 'report.closed',
      // A farewell goes out unless one went before.
      disposed: 'send.goAway | silence',
      violated: 'ERR_YAMUX_BAD_HEADER',
      goneAway: 'ERR_YAMUX_GO_AWAY',
      silent: 'ERR_YAMUX_KEEPALIVE',
      transportLost: 'ERR_TRANSPORT_ENDED',
      unexpected: 'ERR_YAMUX_UNEXPECTED',
    },
  ),
  model(
    yamuxStreamMachine,
    {
      inbound: { direction: 'inbound', finTimeoutMs: 60_000 },
      outbound: { direction: 'outbound', finTimeoutMs: 60_000 },
    },
    {
      'wire.ack': bare('wire.ack'),
      'wire.fin': bare('wire.fin'),
      'wire.reset': bare('wire.reset'),
      'wire.violation': [{ type: 'wire.violation', code: 'ERR_YAMUX_WINDOW_OVERFLOW' }],
      'window.exhausted': bare('window.exhausted'),
      'window.opened': bare('window.opened'),
      'queue.drained': bare('queue.drained'),
      'local.accept': bare('local.accept'),
      'local.close': [
        { type: 'local.close', queued: false },
        { type: 'local.close', queued: true },
      ],
      'local.abandon': bare('local.abandon'),
      'local.reset': [{ type: 'local.reset', code: 7 }],
      'session.ended': bare('session.ended'),
    },
    {
      closed: 'report.closed',
      abandoned: 'report.closed',
      resetByPeer: 'ERR_STREAM_RESET',
      resetLocally: 'ERR_STREAM_RESET',
      violated: 'ERR_YAMUX_WINDOW_OVERFLOW',
      sessionEnded: 'ERR_STREAM_RESET',
      unexpected: 'ERR_YAMUX_UNEXPECTED',
    },
  ),
  model(
    mplexSessionMachine,
    { usual: undefined },
    {
      'wire.violation': [{ type: 'wire.violation', code: 'ERR_MPLEX_BAD_HEADER' }],
      'streams.idle': bare('streams.idle'),
      'local.goAway': [
        { type: 'local.goAway', idle: false },
        { type: 'local.goAway', idle: true },
      ],
      'local.dispose': bare('local.dispose'),
      'transport.ended': [
        { type: 'transport.ended', idle: false },
        { type: 'transport.ended', idle: true },
      ],
      'transport.failed': bare('transport.failed'),
    },
    {
      closed: 'report.closed',
      disposed: 'reset.streams',
      violated: 'ERR_MPLEX_BAD_HEADER',
      transportLost: 'ERR_TRANSPORT_ENDED',
      unexpected: 'ERR_MPLEX_UNEXPECTED',
    },
  ),
  model(
    mplexStreamMachine,
    {
      inbound: { direction: 'inbound', closeTimeoutMs: 60_000 },
      outbound: { direction: 'outbound', closeTimeoutMs: 60_000 },
    },
    {
      'wire.message': bare('wire.message'),
      'wire.close': bare('wire.close'),
      'wire.reset': bare('wire.reset'),
      'inbox.overflowed': bare('inbox.overflowed'),
      'queue.drained': bare('queue.drained'),
      'local.close': [
        { type: 'local.close', queued: false },
        { type: 'local.close', queued: true },
      ],
      'local.abandon': bare('local.abandon'),
      'local.reset': bare('local.reset'),
      'session.ended': bare('session.ended'),
    },
    {
      closed: 'report.closed',
      abandoned: 'report.closed',
      resetByPeer: 'ERR_STREAM_RESET',
      resetLocally: 'ERR_STREAM_RESET',
      overflowed: 'ERR_MPLEX_QUEUE_FULL',
      sessionEnded: 'ERR_STREAM_RESET',
      unexpected: 'ERR_MPLEX_UNEXPECTED',
    },
  ),
  model(
    spdySessionMachine,
    { usual: { keepAliveMs: 30_000, keepAliveTimeoutMs: 10_000 } },
    {
      'wire.goAway': [
        { type: 'wire.goAway', status: 0, idle: false },
        { type: 'wire.goAway', status: 0, idle: true },
        { type: 'wire.goAway', status: 1, idle: false },
      ],
      'wire.settings': bare('wire.settings'),
      'wire.violation': [{ type: 'wire.violation', code: 'ERR_SPDY_BAD_VERSION' }],
      'peer.heard': bare('peer.heard'),
      'streams.idle': bare('streams.idle'),
      'local.goAway': [
        { type: 'local.goAway', status: 0, idle: false },
        { type: 'local.goAway', status: 0, idle: true },
      ],
      'local.dispose': [{ type: 'local.dispose', status: 0 }],
      'transport.ended': [
        { type: 'transport.ended', idle: false },
        { type: 'transport.ended', idle: true },
      ],
      'transport.failed': bare('transport.failed'),
    },
    {
      closed: 'report.closed',
      // A farewell goes out unless one went before.
      disposed: 'send.goAway | silence',
      violated: 'ERR_SPDY_BAD_VERSION',
      goneAway: 'ERR_SPDY_GO_AWAY',
      silent: 'ERR_SPDY_KEEPALIVE',
      transportLost: 'ERR_TRANSPORT_ENDED',
      unexpected: 'ERR_SPDY_UNEXPECTED',
    },
  ),
  model(
    spdyStreamMachine,
    {
      inbound: { direction: 'inbound', finTimeoutMs: 60_000 },
      outbound: { direction: 'outbound', finTimeoutMs: 60_000 },
    },
    {
      'wire.reply': bare('wire.reply'),
      'wire.fin': bare('wire.fin'),
      'wire.reset': bare('wire.reset'),
      'wire.forgotten': bare('wire.forgotten'),
      'wire.violation': [{ type: 'wire.violation', code: 'ERR_SPDY_WINDOW_OVERFLOW', status: 7 }],
      'window.exhausted': bare('window.exhausted'),
      'window.opened': bare('window.opened'),
      'queue.drained': bare('queue.drained'),
      'local.accept': bare('local.accept'),
      'local.close': [
        { type: 'local.close', queued: false },
        { type: 'local.close', queued: true },
      ],
      'local.abandon': bare('local.abandon'),
      'local.reset': [{ type: 'local.reset', status: 7 }],
      'session.ended': bare('session.ended'),
    },
    {
      closed: 'report.closed',
      abandoned: 'report.closed',
      resetByPeer: 'ERR_STREAM_RESET',
      resetLocally: 'ERR_STREAM_RESET',
      violated: 'ERR_SPDY_WINDOW_OVERFLOW',
      sessionEnded: 'ERR_STREAM_RESET',
      repliedTwice: 'ERR_SPDY_UNEXPECTED',
      unexpected: 'ERR_SPDY_UNEXPECTED',
    },
  ),
  model(
    soleStreamMachine,
    { usual: { endTimeoutMs: 60_000 } },
    {
      'local.open': bare('local.open'),
      'local.close': [
        { type: 'local.close', queued: false },
        { type: 'local.close', queued: true },
      ],
      'local.abandon': bare('local.abandon'),
      'local.reset': bare('local.reset'),
      'queue.drained': bare('queue.drained'),
      'transport.ended': bare('transport.ended'),
      'transport.failed': bare('transport.failed'),
      'session.ended': bare('session.ended'),
    },
    {
      closed: 'report.closed',
      abandoned: 'report.closed',
      resetLocally: 'ERR_STREAM_RESET',
      transportLost: 'ERR_TRANSPORT_ENDED',
      sessionEnded: 'ERR_STREAM_RESET',
      unexpected: 'ERR_SOLE_STREAM_UNEXPECTED',
    },
  ),
  model(
    identifyMachine,
    { 'two messages': { maxMessages: 2, timeoutMs: 10_000 } },
    {
      'wire.message': bare('wire.message'),
      'wire.tooLarge': bare('wire.tooLarge'),
      'wire.invalid': bare('wire.invalid'),
      'stream.remoteClosed': bare('stream.remoteClosed'),
      'stream.truncated': bare('stream.truncated'),
      'stream.reset': bare('stream.reset'),
      'key.matches': bare('key.matches'),
      'key.differs': bare('key.differs'),
    },
    {
      identified: 'report.identified',
      keyMismatch: 'ERR_IDENTIFY_KEY_MISMATCH',
      malformed: 'ERR_IDENTIFY_BAD_MESSAGE',
      tooLarge: 'ERR_IDENTIFY_TOO_LARGE',
      timedOut: 'ERR_IDENTIFY_TIMEOUT',
      ended: 'ERR_IDENTIFY_ENDED',
      unexpected: 'ERR_IDENTIFY_UNEXPECTED',
    },
  ),
  model(
    identifyPushMachine,
    { usual: { timeoutMs: 10_000 } },
    {
      'stream.opened': bare('stream.opened'),
      'stream.refused': bare('stream.refused'),
      'stream.closed': bare('stream.closed'),
      'stream.failed': bare('stream.failed'),
    },
    {
      pushed: 'report.pushed',
      refused: 'ERR_MULTISTREAM_NO_OVERLAP',
      failed: 'ERR_STREAM_RESET',
      timedOut: 'ERR_IDENTIFY_PUSH_TIMEOUT',
      unexpected: 'ERR_IDENTIFY_PUSH_UNEXPECTED',
    },
  ),
  model(
    pingMachine,
    {
      'two, with a pause': { count: 2, intervalMs: 1000, timeoutMs: 10_000 },
      'two, without': { count: 2, intervalMs: 0, timeoutMs: 10_000 },
    },
    {
      'wire.echo': bare('wire.echo'),
      'wire.mismatch': bare('wire.mismatch'),
      'wire.surplus': bare('wire.surplus'),
      'stream.ended': bare('stream.ended'),
    },
    {
      finished: 'report.finished',
      mismatch: 'ERR_PING_MISMATCH',
      timedOut: 'ERR_PING_TIMEOUT',
      ended: 'ERR_PING_ENDED',
      unexpected: 'ERR_PING_UNEXPECTED',
    },
  ),
  model(
    pingMonitorMachine,
    { 'two failures': { maxFailures: 2, restMs: 10_000 } },
    {
      'ping.echoed': [{ type: 'ping.echoed', restMs: 9000 }],
      'ping.failed': [{ type: 'ping.failed', restMs: 11_000 }],
      'ping.unsupported': bare('ping.unsupported'),
      'local.stop': bare('local.stop'),
    },
    {
      unsupported: 'report.ended',
      stopped: 'report.ended',
      lost: 'ERR_PING_MONITOR_LOST',
      unexpected: 'ERR_PING_MONITOR_UNEXPECTED',
    },
  ),
  model(
    relayV1Machine,
    { usual: { timeoutMs: 10_000 } },
    {
      'wire.canHop': bare('wire.canHop'),
      'wire.hop': bare('wire.hop'),
      'wire.stop': bare('wire.stop'),
      'wire.status': bare('wire.status'),
      'wire.invalid': bare('wire.invalid'),
      'wire.tooLarge': bare('wire.tooLarge'),
      'stream.ended': bare('stream.ended'),
    },
    {
      refused: 'report.answered',
      malformed: 'ERR_RELAY_V1_BAD_MESSAGE',
      tooLarge: 'ERR_RELAY_V1_TOO_LARGE',
      timedOut: 'ERR_RELAY_V1_TIMEOUT',
      ended: 'ERR_RELAY_V1_ENDED',
      unexpected: 'ERR_RELAY_V1_UNEXPECTED',
    },
  ),
  model(
    changeBatchMachine,
    { usual: { pauseMs: 1000 } },
    {
      'local.change': bare('local.change'),
      'work.done': bare('work.done'),
      'work.failed': bare('work.failed'),
      'local.stop': bare('local.stop'),
    },
    { stopped: 'report.stopped', unexpected: 'ERR_ENGINE_MACHINE' },
  ),
  model(
    bitswapSessionMachine,
    { usual: { rebroadcastMs: 10_000 } },
    {
      'wants.opened': bare('wants.opened'),
      'wants.closed': bare('wants.closed'),
      'provider.found': bare('provider.found'),
      'providers.lost': bare('providers.lost'),
      'store.failed': bare('store.failed'),
      'local.close': bare('local.close'),
    },
    {
      finished: 'report.ended',
      cancelled: 'ERR_ABORTED',
      failed: 'ERR_STORE_FAILED',
      unexpected: 'ERR_BITSWAP_UNEXPECTED',
    },
  ),
  model(
    bitswapOutboundMachine,
    { 'two attempts': { attempts: 2, backoffMs: 1000, idleMs: 5000, sendTimeoutMs: 30_000 } },
    {
      'queue.filled': bare('queue.filled'),
      'stream.opened': bare('stream.opened'),
      'stream.failed': bare('stream.failed'),
      'stream.unsupported': bare('stream.unsupported'),
      'stream.reset': bare('stream.reset'),
      'stream.idle': bare('stream.idle'),
      'window.exhausted': bare('window.exhausted'),
      'window.opened': bare('window.opened'),
      'local.close': bare('local.close'),
    },
    {
      unsupported: 'ERR_MULTISTREAM_NO_OVERLAP',
      failed: 'ERR_STREAM_RESET',
      stalled: 'ERR_BITSWAP_TIMEOUT',
      stopped: 'close.stream',
      unexpected: 'ERR_BITSWAP_UNEXPECTED',
    },
  ),
  model(
    bitswapInboundMachine,
    { usual: undefined },
    {
      'stream.ended': bare('stream.ended'),
      'stream.cut': bare('stream.cut'),
      'message.refused': [{ type: 'message.refused', code: 'ERR_BITSWAP_BAD_MESSAGE' }],
      'stream.reset': bare('stream.reset'),
      'local.close': bare('local.close'),
    },
    {
      finished: 'report.ended',
      truncated: 'ERR_STREAM_ENDED',
      refused: 'ERR_BITSWAP_BAD_MESSAGE',
      reset: 'report.ended',
      stopped: 'report.ended',
      unexpected: 'report.ended',
    },
  ),
  model(
    kadQueryMachine,
    {
      'follows up': { asksAtOnce: 2, asksWide: 4, followsUp: true, slowPeerMs: 3000, timeoutMs: 10_000 },
      'does not': { asksAtOnce: 2, asksWide: 4, followsUp: false, slowPeerMs: 3000, timeoutMs: 10_000 },
    },
    {
      'peer.closer': bare('peer.closer'),
      'peer.answered': bare('peer.answered'),
      'peer.failed': bare('peer.failed'),
      'closest.settled': bare('closest.settled'),
      'closest.complete': bare('closest.complete'),
      'peers.exhausted': bare('peers.exhausted'),
      'local.satisfied': bare('local.satisfied'),
      'local.cancel': bare('local.cancel'),
    },
    {
      finished: 'report.finished',
      satisfied: 'report.satisfied',
      exhausted: 'report.exhausted',
      timedOut: 'ERR_DHT_QUERY_TIMEOUT',
      cancelled: 'ERR_ABORTED',
      failed: 'ERR_DHT_NO_ANSWER',
      unexpected: 'ERR_DHT_QUERY_UNEXPECTED',
    },
  ),
  model(
    tableUpkeepMachine,
    { usual: { bootstrapMs: 30_000, refreshMs: 600_000 } },
    {
      'local.start': bare('local.start'),
      'table.filled': bare('table.filled'),
      'table.emptied': bare('table.emptied'),
      'work.done': bare('work.done'),
      'local.refresh': bare('local.refresh'),
      'local.stop': bare('local.stop'),
    },
    { stopped: 'report.stopped', unexpected: 'ERR_DHT_UPKEEP_UNEXPECTED' },
  ),
];

/** The model of one machine. */
export function modelOf(machineId: string): Model {
  const found = MODELS.find(({ machine }) => machine.id === machineId);
  if (found === undefined) throw new Error(`no model of ${machineId}`);
  return found;
}
