/** What each recorded failure is explained by: one row a failure, in the order of the trace. */
import type { Row } from './rows.js';

/** By the fixture's name. */
export const FIXTURE_ROWS: Readonly<Record<string, readonly Row[]>> = {
  'dial-aborted': [
    {
      actor: 'swarm/dial:1',
      code: 'ERR_ABORTED',
      title: 'Given up by the caller',
      blame: 'local',
      machine: 'dial',
      state: 'dialing',
      ended: 'cancelled',
      cause: 'The caller gave the dial up after 1 s, while the peer’s header was due.',
    },
  ],
  'dial-failed': [
    {
      actor: 'swarm/dial:2',
      code: 'ERR_DIAL_FAILED',
      title: 'Every address failed',
      blame: 'remote',
      machine: 'dial',
      state: 'racing.waiting',
      ended: 'exhausted',
      cause:
        'All 2 addresses that were dialed failed: /memory/peer-1: nothing listens on /memory/peer-1; /memory/peer-2: nothing listens on /memory/peer-2.',
    },
  ],
  'dial-no-address': [
    {
      actor: 'api',
      code: 'ERR_DIAL_NO_ADDRESS',
      title: 'No address known',
      blame: 'local',
      cause: 'No address is known for 12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA.',
    },
  ],
  'dial-refused': [
    {
      actor: 'swarm/conn:2',
      code: 'ERR_TRANSPORT_REFUSED',
      title: 'Not reached',
      blame: 'remote',
      machine: 'connection',
      state: 'upgrading.connecting',
      ended: 'failed',
      cause: 'Nothing answers at /memory/nobody: the connection was refused (nothing listens on /memory/nobody).',
    },
  ],
  'dial-self': [
    {
      actor: 'swarm/conn:2',
      code: 'ERR_DIAL_SELF',
      title: 'Dialed itself',
      blame: 'local',
      machine: 'connection',
      state: 'upgrading.handshaking',
      ended: 'failed',
      cause: '/memory/node leads to this very node: the peer that answered has our own key.',
    },
  ],
  'dial-timeout': [
    {
      actor: 'swarm/conn:2',
      code: 'ERR_DIAL_TIMEOUT',
      title: 'Not reached',
      blame: 'remote',
      machine: 'connection',
      state: 'upgrading.connecting',
      ended: 'unreachable',
      cause: 'Nothing came back from /memory/peer within 10 s: packets are dropped on the way, or the host is gone.',
    },
  ],
  'identify-bad-message': [
    {
      actor: 'swarm/conn:2/yamux/1/identify',
      code: 'ERR_IDENTIFY_BAD_MESSAGE',
      title: 'A message that does not decode',
      blame: 'remote',
      machine: 'identify',
      state: 'awaitingMessage',
      ended: 'malformed',
      cause:
        'The peer sent an identify message that does not decode (the peer sent bytes that are no identify message).',
    },
  ],
  'identify-ended': [
    {
      actor: 'swarm/conn:2/yamux/1/identify',
      code: 'ERR_IDENTIFY_ENDED',
      title: 'The peer ended it',
      blame: 'remote',
      machine: 'identify',
      state: 'awaitingMessage',
      ended: 'ended',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG closed stream 1 before its identify message was whole (the peer closed the stream before its message was whole).',
    },
  ],
  'identify-key-mismatch': [
    {
      actor: 'swarm/conn:2/yamux/1/identify',
      code: 'ERR_IDENTIFY_KEY_MISMATCH',
      title: 'Another peer answered',
      blame: 'remote',
      machine: 'identify',
      state: 'verifyingKey',
      ended: 'keyMismatch',
      cause:
        'The key in the message is not the key that secured the connection (the key in the answer is not the one that the connection proved).',
    },
  ],
  'identify-timeout': [
    {
      actor: 'swarm/conn:2/yamux/1/identify',
      code: 'ERR_IDENTIFY_TIMEOUT',
      title: 'The peer went silent',
      blame: 'remote',
      machine: 'identify',
      state: 'awaitingMessage',
      ended: 'timedOut',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG was silent: the peer’s identify message did not come within 10 s; it was last heard 10 s before that.',
    },
  ],
  'identify-too-large': [
    {
      actor: 'swarm/conn:2/yamux/1/identify',
      code: 'ERR_IDENTIFY_TOO_LARGE',
      title: 'A limit was reached',
      blame: 'remote',
      machine: 'identify',
      state: 'awaitingMessage',
      ended: 'tooLarge',
      cause:
        'The message is over the limit, or has too many parts (the peer sent more than 10 messages of 8192 bytes).',
    },
  ],
  'mplex-bad-header': [
    {
      actor: 'swarm/conn:2/mplex',
      code: 'ERR_MPLEX_BAD_HEADER',
      title: 'A message that does not decode',
      blame: 'remote',
      machine: 'mplexSession',
      state: 'live.open',
      ended: 'violated',
      cause: 'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG sent a message that is not mplex.',
    },
  ],
  'mplex-bad-stream-id': [
    {
      actor: 'swarm/conn:2/mplex',
      code: 'ERR_MPLEX_BAD_STREAM_ID',
      title: 'A stream id that cannot be',
      blame: 'remote',
      machine: 'mplexSession',
      state: 'live.open',
      ended: 'violated',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG opened a stream with an id that another of its streams has.',
    },
  ],
  'mplex-message-too-large': [
    {
      actor: 'swarm/conn:2/mplex',
      code: 'ERR_MPLEX_MESSAGE_TOO_LARGE',
      title: 'A limit was reached',
      blame: 'remote',
      machine: 'mplexSession',
      state: 'live.open',
      ended: 'violated',
      cause: 'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG announced a message over the limit.',
    },
  ],
  'mplex-name-too-long': [
    {
      actor: 'swarm/conn:2/mplex',
      code: 'ERR_MPLEX_NAME_TOO_LONG',
      title: 'A limit was reached',
      blame: 'remote',
      machine: 'mplexSession',
      state: 'live.open',
      ended: 'violated',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG named a stream with more bytes than the limit.',
    },
  ],
  'mplex-queue-full': [
    {
      actor: 'swarm/conn:2/mplex/3',
      code: 'ERR_MPLEX_QUEUE_FULL',
      title: 'A limit was reached',
      blame: 'local',
      machine: 'mplexStream',
      state: 'open.writing',
      ended: 'overflowed',
      cause:
        'The reader of stream 3 (/echo/1.0.0) is slower than the peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG sends, and mplex cannot tell it to wait.',
    },
  ],
  'mplex-stream-reset': [
    {
      actor: 'swarm/conn:2/mplex/3',
      code: 'ERR_STREAM_RESET',
      title: 'The peer reset the stream',
      blame: 'remote',
      machine: 'mplexStream',
      state: 'open.writing',
      ended: 'resetByPeer',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG reset stream 3 (/echo/1.0.0), in open.writing.',
    },
  ],
  'mplex-too-many-streams': [
    {
      actor: 'api',
      code: 'ERR_MPLEX_TOO_MANY_STREAMS',
      title: 'A limit was reached',
      blame: 'local',
      cause: 'This side’s bound on streams is reached: 2 streams of ours are open, 2 were opened.',
    },
  ],
  'mplex-transport-ended': [
    {
      actor: 'swarm/conn:2/mplex',
      code: 'ERR_TRANSPORT_ENDED',
      title: 'The connection was lost',
      blame: 'remote',
      machine: 'mplexSession',
      state: 'live.open',
      ended: 'transportLost',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG closed the connection without a farewell while streams were open.',
    },
  ],
  'mplex-unexpected': [
    {
      actor: 'swarm/conn:2/mplex/3',
      code: 'ERR_MPLEX_UNEXPECTED',
      title: 'Out of order',
      blame: 'remote',
      machine: 'mplexStream',
      state: 'halfClosedRemote.writing',
      ended: 'unexpected',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG sent message on stream 3 (/echo/1.0.0) in halfClosedRemote.writing, which does not expect it.',
    },
  ],
  'multistream-bad-header': [
    {
      actor: 'swarm/conn:2/multistream',
      code: 'ERR_MULTISTREAM_BAD_HEADER',
      title: 'A message that does not decode',
      blame: 'remote',
      machine: 'multistreamDialer',
      state: 'awaitingHeader',
      ended: 'badHeader',
      cause: 'The peer at /memory/peer began with "/multistream/2.0.0", where the header "/multistream/1.0.0" is due.',
    },
  ],
  'multistream-bad-message': [
    {
      actor: 'swarm/conn:2/multistream',
      code: 'ERR_MULTISTREAM_BAD_MESSAGE',
      title: 'A message that does not decode',
      blame: 'remote',
      machine: 'multistreamDialer',
      state: 'awaitingHeader',
      ended: 'badMessage',
      offered: ['/plaintext/2.0.0'],
      cause: 'The peer at /memory/peer sent bytes that are no multistream message, while the peer’s header was due.',
    },
  ],
  'multistream-ended': [
    {
      actor: 'swarm/conn:2/multistream',
      code: 'ERR_MULTISTREAM_ENDED',
      title: 'The peer ended it',
      blame: 'remote',
      machine: 'multistreamDialer',
      state: 'awaitingReply',
      ended: 'ended',
      offered: ['/plaintext/2.0.0'],
      cause:
        'The peer at /memory/peer closed the connection while the peer’s echo was due (the peer closed while offering /plaintext/2.0.0).',
    },
  ],
  'multistream-listener-unexpected': [
    {
      actor: 'swarm/conn:1/multistream',
      code: 'ERR_MULTISTREAM_UNEXPECTED',
      title: 'Out of order',
      blame: 'remote',
      machine: 'multistreamListener',
      state: 'awaitingProposal',
      ended: 'unexpected',
      cause: 'The peer at /memory/dialer-0 sent "na" while a proposal was due.',
    },
  ],
  'multistream-no-overlap': [
    {
      actor: 'swarm/conn:2/multistream',
      code: 'ERR_MULTISTREAM_NO_OVERLAP',
      title: 'Nothing in common',
      blame: 'remote',
      machine: 'multistreamDialer',
      state: 'awaitingReply',
      ended: 'noOverlap',
      offered: ['/noise', '/secio/1.0.0', '/plaintext/2.0.0'],
      cause:
        'The peer at /memory/peer answered "na" to each of the 3 security protocols that this side proposed: /noise, /secio/1.0.0, /plaintext/2.0.0.',
    },
  ],
  'multistream-timeout': [
    {
      actor: 'swarm/conn:2/multistream',
      code: 'ERR_MULTISTREAM_TIMEOUT',
      title: 'The peer went silent',
      blame: 'remote',
      machine: 'multistreamDialer',
      state: 'awaitingHeader',
      ended: 'timedOut',
      offered: ['/plaintext/2.0.0'],
      cause:
        'The peer at /memory/peer was silent: the peer’s header did not come within 10 s, and nothing at all was heard of it.',
    },
  ],
  'multistream-too-many': [
    {
      actor: 'swarm/conn:1/multistream',
      code: 'ERR_MULTISTREAM_TOO_MANY',
      title: 'A limit was reached',
      blame: 'remote',
      machine: 'multistreamListener',
      state: 'awaitingProposal',
      ended: 'tooMany',
      offered: ['/a/1', '/b/1', '/c/1'],
      wanted: ['/plaintext/2.0.0'],
      cause:
        'The peer at /memory/dialer-0 proposed /a/1, /b/1, /c/1 as security protocol, was answered "na", and went on beyond the bound of proposals.',
    },
  ],
  'multistream-unexpected': [
    {
      actor: 'swarm/conn:2/multistream',
      code: 'ERR_MULTISTREAM_UNEXPECTED',
      title: 'Out of order',
      blame: 'remote',
      machine: 'multistreamDialer',
      state: 'awaitingReply',
      ended: 'unexpected',
      offered: ['/plaintext/2.0.0'],
      cause: 'The peer at /memory/peer sent "/tls/1.0.0" while the peer’s echo was due.',
    },
  ],
  'no-muxer-no-overlap': [
    {
      actor: 'swarm/conn:3/stream/multistream',
      code: 'ERR_MULTISTREAM_NO_OVERLAP',
      title: 'Nothing in common',
      blame: 'remote',
      machine: 'multistreamDialer',
      state: 'awaitingReply',
      ended: 'noOverlap',
      offered: ['/echo/1.0.0'],
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG answered "na" to the only protocol that this side proposed: /echo/1.0.0.',
    },
  ],
  'no-muxer-transport-dropped': [
    {
      actor: 'swarm/conn:3',
      code: 'ERR_TRANSPORT_ENDED',
      title: 'The connection was lost',
      blame: 'remote',
      machine: 'connection',
      state: 'open',
      ended: 'failed',
      cause:
        'The connection with the peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG broke while it was in use, with 1 stream open (the peer dropped the connection).',
    },
  ],
  'noise-accepted-kubo': [
    {
      actor: 'swarm/conn:1/yamux/3',
      code: 'ERR_STREAM_RESET',
      title: 'The peer reset the stream',
      blame: 'remote',
      machine: 'yamuxStream',
      state: 'open.windowOpen',
      ended: 'resetByPeer',
      cause:
        'The peer 12D3KooWLQGwKSvSYXja91fcZbFHrYQKptMHv53JF5gtUg2VNuuu reset stream 3 (/ipfs/ping/1.0.0), in open.windowOpen.',
    },
    {
      actor: 'swarm/conn:1',
      code: 'ERR_TRANSPORT_ENDED',
      title: 'The connection was lost',
      blame: 'remote',
      machine: 'connection',
      state: 'open',
      ended: 'failed',
      cause:
        'The connection with the peer 12D3KooWLQGwKSvSYXja91fcZbFHrYQKptMHv53JF5gtUg2VNuuu broke while it was in use (connection with /ip4/127.0.0.1/tcp/41673: read ECONNRESET).',
    },
  ],
  'noise-bad-frame': [
    {
      actor: 'swarm/conn:2',
      code: 'ERR_NOISE_BAD_FRAME',
      title: 'A frame that cannot be opened',
      blame: 'remote',
      machine: 'connection',
      state: 'upgrading.negotiatingMuxer',
      ended: 'failed',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG sent a frame in upgrading.negotiatingMuxer that the noise channel does not open (a frame of 43 bytes does not verify).',
    },
  ],
  'noise-bad-message': [
    {
      actor: 'swarm/conn:2/noise',
      code: 'ERR_NOISE_BAD_MESSAGE',
      title: 'A message that does not decode',
      blame: 'remote',
      machine: 'noiseHandshake',
      state: 'dialing.openingMessage2',
      ended: 'badMessage',
      cause: 'A handshake message did not decode or decrypt (the payload does not decrypt).',
    },
  ],
  'noise-bad-payload': [
    {
      actor: 'swarm/conn:2/noise',
      code: 'ERR_NOISE_BAD_PAYLOAD',
      title: 'A message that does not decode',
      blame: 'remote',
      machine: 'noiseHandshake',
      state: 'dialing.verifyingPayload',
      ended: 'badPayload',
      cause:
        'The payload decrypted, but is not the libp2p one (the payload holds no identity key and signature that decode).',
    },
  ],
  'noise-bad-signature': [
    {
      actor: 'swarm/conn:2/noise',
      code: 'ERR_NOISE_BAD_SIGNATURE',
      title: 'Identity not proven',
      blame: 'remote',
      machine: 'noiseHandshake',
      state: 'dialing.verifyingPayload',
      ended: 'badSignature',
      cause:
        'The signature over the static key is not by the identity key: the peer could not prove who it is (the signature by 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG over the static key is wrong).',
    },
  ],
  'noise-ended': [
    {
      actor: 'swarm/conn:2/noise',
      code: 'ERR_NOISE_ENDED',
      title: 'The peer ended it',
      blame: 'remote',
      machine: 'noiseHandshake',
      state: 'dialing.awaitingMessage2',
      ended: 'ended',
      cause:
        'The peer at /memory/peer closed the connection while message 2 (e, ee, s, es) of the responder was due (the peer closed during the handshake).',
    },
  ],
  'noise-listener-bad-message': [
    {
      actor: 'swarm/conn:1/noise',
      code: 'ERR_NOISE_BAD_MESSAGE',
      title: 'A message that does not decode',
      blame: 'remote',
      machine: 'noiseHandshake',
      state: 'listening.openingMessage3',
      ended: 'badMessage',
      cause: 'A handshake message did not decode or decrypt.',
    },
  ],
  'noise-listener-bad-signature': [
    {
      actor: 'swarm/conn:1/noise',
      code: 'ERR_NOISE_BAD_SIGNATURE',
      title: 'Identity not proven',
      blame: 'remote',
      machine: 'noiseHandshake',
      state: 'listening.verifyingPayload',
      ended: 'badSignature',
      cause: 'The signature over the static key is not by the identity key: the peer could not prove who it is.',
    },
  ],
  'noise-no-common-muxer': [
    {
      actor: 'swarm/conn:2/noise',
      code: 'ERR_NOISE_NO_COMMON_MUXER',
      title: 'Nothing in common',
      blame: 'remote',
      machine: 'noiseHandshake',
      state: 'dialing.verifyingPayload',
      ended: 'noCommonMuxer',
      offered: ['/yamux/1.0.0'],
      wanted: ['/mplex/6.7.0'],
      cause:
        'The peer at /memory/peer named /mplex/6.7.0 as muxers inside the noise handshake, and this side /yamux/1.0.0.',
    },
  ],
  'noise-peer-mismatch': [
    {
      actor: 'swarm/conn:2/noise',
      code: 'ERR_PEER_ID_MISMATCH',
      title: 'Another peer answered',
      blame: 'remote',
      machine: 'noiseHandshake',
      state: 'dialing.verifyingPayload',
      ended: 'peerMismatch',
      offered: ['12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG'],
      wanted: ['12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'],
      cause:
        '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA was dialed, and 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG answered at /memory/peer.',
    },
  ],
  'noise-timeout': [
    {
      actor: 'swarm/conn:2/noise',
      code: 'ERR_NOISE_TIMEOUT',
      title: 'The peer went silent',
      blame: 'remote',
      machine: 'noiseHandshake',
      state: 'dialing.awaitingMessage2',
      ended: 'timedOut',
      cause:
        'The peer at /memory/peer was silent: message 2 (e, ee, s, es) of the responder did not come within 5 s; it was last heard 5 s before that.',
    },
  ],
  'ping-ended': [
    {
      actor: 'swarm/conn:2/yamux/3/ping',
      code: 'ERR_PING_ENDED',
      title: 'The peer ended it',
      blame: 'remote',
      machine: 'ping',
      state: 'awaitingEcho',
      ended: 'ended',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG closed stream 3 while the peer’s echo of them was due (the peer closed the stream before it echoed).',
    },
  ],
  'ping-mismatch': [
    {
      actor: 'swarm/conn:2/yamux/3/ping',
      code: 'ERR_PING_MISMATCH',
      title: 'A wrong echo',
      blame: 'remote',
      machine: 'ping',
      state: 'awaitingEcho',
      ended: 'mismatch',
      cause: 'The peer echoed other bytes than it was sent (the peer echoed other bytes than the 32 that it was sent).',
    },
  ],
  'ping-timeout': [
    {
      actor: 'swarm/conn:2/yamux/1/multistream',
      code: 'ERR_MULTISTREAM_TIMEOUT',
      title: 'The peer went silent',
      blame: 'remote',
      machine: 'multistreamDialer',
      state: 'awaitingHeader',
      ended: 'timedOut',
      offered: ['/ipfs/id/1.0.0'],
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG was silent: the peer’s header did not come within 10 s; it was last heard 10 s before that.',
    },
    {
      actor: 'swarm/conn:2/yamux/3/ping',
      code: 'ERR_PING_TIMEOUT',
      title: 'The peer went silent',
      blame: 'remote',
      machine: 'ping',
      state: 'awaitingEcho',
      ended: 'timedOut',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG was silent: the peer’s echo of them did not come within 10 s; it was last heard 10 s before that.',
    },
  ],
  'peer-kept-connected': [
    {
      actor: 'swarm/conn:2',
      code: 'ERR_TRANSPORT_ENDED',
      title: 'The connection was lost',
      blame: 'remote',
      machine: 'connection',
      state: 'open',
      ended: 'failed',
      cause:
        'The connection with the peer 12D3KooWBSnztAb4snaYgpyJBz9UPkYdgAeiWaDErPjmQbxDKztF broke while it was in use, with 1 stream open (the peer dropped the connection).',
    },
    {
      actor: 'swarm/conn:4',
      code: 'ERR_TRANSPORT_REFUSED',
      title: 'Not reached',
      blame: 'remote',
      machine: 'connection',
      state: 'upgrading.connecting',
      ended: 'failed',
      cause: 'Nothing answers at /memory/other: the connection was refused (nothing listens on /memory/other).',
    },
    {
      actor: 'swarm/conn:6',
      code: 'ERR_TRANSPORT_REFUSED',
      title: 'Not reached',
      blame: 'remote',
      machine: 'connection',
      state: 'upgrading.connecting',
      ended: 'failed',
      cause: 'Nothing answers at /memory/other: the connection was refused (nothing listens on /memory/other).',
    },
  ],
  'plaintext-bad-exchange': [
    {
      actor: 'swarm/conn:2/plaintext',
      code: 'ERR_PLAINTEXT_BAD_EXCHANGE',
      title: 'A message that does not decode',
      blame: 'remote',
      machine: 'plaintextExchange',
      state: 'verifyingExchange',
      ended: 'malformed',
      cause: 'The peer sent an Exchange that does not decode (Exchange: not a valid message).',
    },
  ],
  'plaintext-ended': [
    {
      actor: 'swarm/conn:2/plaintext',
      code: 'ERR_PLAINTEXT_ENDED',
      title: 'The peer ended it',
      blame: 'remote',
      machine: 'plaintextExchange',
      state: 'awaitingExchange',
      ended: 'ended',
      cause:
        'The peer at /memory/peer closed the connection while the Exchange of the peer was due (the peer closed before its Exchange was here).',
    },
  ],
  'plaintext-id-mismatch': [
    {
      actor: 'swarm/conn:2/plaintext',
      code: 'ERR_PLAINTEXT_BAD_EXCHANGE',
      title: 'A message that does not decode',
      blame: 'remote',
      machine: 'plaintextExchange',
      state: 'verifyingExchange',
      ended: 'mismatched',
      cause:
        'The peer id in the Exchange is not that of the public key in it (the peer says it is QmNLei78zWmzUdbeRB3CiUfAizWUrbeeZh5K1rhAQKCh51, but its key is that of 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG).',
    },
  ],
  'plaintext-peer-mismatch': [
    {
      actor: 'swarm/conn:2/plaintext',
      code: 'ERR_PEER_ID_MISMATCH',
      title: 'Another peer answered',
      blame: 'remote',
      machine: 'plaintextExchange',
      state: 'verifyingExchange',
      ended: 'wrongPeer',
      offered: ['12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG'],
      wanted: ['12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'],
      cause:
        '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA was dialed, and 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG answered at /memory/peer.',
    },
  ],
  'plaintext-timeout': [
    {
      actor: 'swarm/conn:2/plaintext',
      code: 'ERR_PLAINTEXT_TIMEOUT',
      title: 'The peer went silent',
      blame: 'remote',
      machine: 'plaintextExchange',
      state: 'awaitingExchange',
      ended: 'timedOut',
      cause:
        'The peer at /memory/peer was silent: the Exchange of the peer did not come within 10 s; it was last heard 10 s before that.',
    },
  ],
  'secio-accepted-go-secio-ed25519-p384': [
    {
      actor: 'swarm/conn:1',
      code: 'ERR_TRANSPORT_ENDED',
      title: 'The connection was lost',
      blame: 'remote',
      machine: 'connection',
      state: 'open',
      ended: 'failed',
      cause:
        'The connection with the peer 12D3KooWJy4MqtoGKTuW8TtjXqA7AtppeAxPBtHzM29UWHfGdgvQ broke while it was in use (connection with /ip4/127.0.0.1/tcp/42971: read ECONNRESET).',
    },
  ],
  'secio-accepted-go-secio-rsa-p256': [
    {
      actor: 'swarm/conn:1',
      code: 'ERR_TRANSPORT_ENDED',
      title: 'The connection was lost',
      blame: 'remote',
      machine: 'connection',
      state: 'open',
      ended: 'failed',
      cause:
        'The connection with the peer QmcC8EPCkFcxAB19CjhqrxeWTTRLAMtkrS1gFddcgEkLqv broke while it was in use (connection with /ip4/127.0.0.1/tcp/44087: read ECONNRESET).',
    },
  ],
  'secio-accepted-go-secio-secp256k1-p521': [
    {
      actor: 'swarm/conn:1',
      code: 'ERR_TRANSPORT_ENDED',
      title: 'The connection was lost',
      blame: 'remote',
      machine: 'connection',
      state: 'open',
      ended: 'failed',
      cause:
        'The connection with the peer 16Uiu2HAkyPUpJ63ib3w1jdY1Mtb5SiHVhNZDogGDdNjBiwRh1J3u broke while it was in use (connection with /ip4/127.0.0.1/tcp/44047: read ECONNRESET).',
    },
  ],
  'secio-accepted-js-secio-ed25519-p384': [
    {
      actor: 'swarm/conn:1/multistream',
      code: 'ERR_MULTISTREAM_ENDED',
      title: 'Nothing in common',
      blame: 'remote',
      machine: 'multistreamListener',
      state: 'awaitingProposal',
      ended: 'ended',
      offered: ['/mplex/6.7.0'],
      wanted: ['/yamux/1.0.0'],
      cause:
        'The peer 12D3KooWLVcqvviiTxHZhX2MBV7W6sRPjPVEdWSdHePyaqdKX3gd proposed /mplex/6.7.0 as muxer, was answered "na", and closed.',
    },
  ],
  'secio-accepted-js-secio-rsa-p256': [
    {
      actor: 'swarm/conn:1/multistream',
      code: 'ERR_MULTISTREAM_ENDED',
      title: 'Nothing in common',
      blame: 'remote',
      machine: 'multistreamListener',
      state: 'awaitingProposal',
      ended: 'ended',
      offered: ['/mplex/6.7.0'],
      wanted: ['/yamux/1.0.0'],
      cause:
        'The peer QmZCn31E81frmzGdAhya6jJ4p6HGqe97AbLSrqzwYEE7xQ proposed /mplex/6.7.0 as muxer, was answered "na", and closed.',
    },
  ],
  'secio-accepted-js-secio-secp256k1-p521': [
    {
      actor: 'swarm/conn:1/multistream',
      code: 'ERR_MULTISTREAM_ENDED',
      title: 'Nothing in common',
      blame: 'remote',
      machine: 'multistreamListener',
      state: 'awaitingProposal',
      ended: 'ended',
      offered: ['/mplex/6.7.0'],
      wanted: ['/yamux/1.0.0'],
      cause:
        'The peer 16Uiu2HAmLcX66Ha95B5JVBQ8rn7yu8dZCrk3ygM53E2KPz9YB4R2 proposed /mplex/6.7.0 as muxer, was answered "na", and closed.',
    },
  ],
  'secio-bad-exchange': [
    {
      actor: 'swarm/conn:2/secio',
      code: 'ERR_SECIO_BAD_EXCHANGE',
      title: 'A message that does not decode',
      blame: 'remote',
      machine: 'secioHandshake',
      state: 'verifyingExchange.held',
      ended: 'badExchange',
      cause:
        'The peer sent an Exchange that does not decode, or a point off the curve (the ephemeral key in Exchange is not a point of P-256).',
    },
  ],
  'secio-bad-frame': [
    {
      actor: 'swarm/conn:2/secio',
      code: 'ERR_SECIO_BAD_FRAME',
      title: 'A frame that cannot be opened',
      blame: 'remote',
      machine: 'secioHandshake',
      state: 'awaitingPropose',
      ended: 'badFrame',
      cause:
        'The peer sent bytes that are no secio frame, or one over the limit (a frame of 4294967295 bytes, 0 to 65536 are allowed here).',
    },
  ],
  'secio-bad-mac-in-session': [
    {
      actor: 'swarm/conn:2',
      code: 'ERR_SECIO_BAD_MAC',
      title: 'A frame that cannot be opened',
      blame: 'remote',
      machine: 'connection',
      state: 'upgrading.negotiatingMuxer',
      ended: 'failed',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG sent a frame in upgrading.negotiatingMuxer that the secio channel does not open (a frame of 52 bytes came before).',
    },
  ],
  'secio-bad-mac': [
    {
      actor: 'swarm/conn:2/secio',
      code: 'ERR_SECIO_BAD_MAC',
      title: 'A frame that cannot be opened',
      blame: 'remote',
      machine: 'secioHandshake',
      state: 'checkingNonce.sent',
      ended: 'badMac',
      cause:
        'The MAC of the first frame is wrong: changed on its way, or sealed with other keys (the MAC of the first sealed frame is wrong).',
    },
  ],
  'secio-bad-nonce': [
    {
      actor: 'swarm/conn:2/secio',
      code: 'ERR_SECIO_BAD_NONCE',
      title: 'Identity not proven',
      blame: 'remote',
      machine: 'secioHandshake',
      state: 'checkingNonce.sent',
      ended: 'badNonce',
      cause: 'The first frame does not echo our nonce (the first sealed frame does not hold our nonce).',
    },
  ],
  'secio-bad-propose': [
    {
      actor: 'swarm/conn:2/secio',
      code: 'ERR_SECIO_BAD_PROPOSE',
      title: 'A message that does not decode',
      blame: 'remote',
      machine: 'secioHandshake',
      state: 'selectingSuite',
      ended: 'badPropose',
      cause: 'The peer sent a Propose that does not decode (Propose: not a valid message).',
    },
  ],
  'secio-bad-signature': [
    {
      actor: 'swarm/conn:2/secio',
      code: 'ERR_SECIO_BAD_SIGNATURE',
      title: 'Identity not proven',
      blame: 'remote',
      machine: 'secioHandshake',
      state: 'verifyingExchange.held',
      ended: 'badSignature',
      cause:
        'The signature of the Exchange is not by the peer’s key: it could not prove who it is (the signature in Exchange does not verify).',
    },
  ],
  'secio-dial-self': [
    {
      actor: 'swarm/conn:2/secio',
      code: 'ERR_DIAL_SELF',
      title: 'Dialed itself',
      blame: 'local',
      machine: 'secioHandshake',
      state: 'selectingSuite',
      ended: 'selfDial',
      cause: '/memory/peer leads to this very node: the peer that answered has our own key.',
    },
  ],
  'secio-dialed-js-secio-ed25519-p384': [
    {
      actor: 'swarm/conn:2/multistream',
      code: 'ERR_MULTISTREAM_NO_OVERLAP',
      title: 'Nothing in common',
      blame: 'remote',
      machine: 'multistreamDialer',
      state: 'awaitingReply',
      ended: 'noOverlap',
      offered: ['/yamux/1.0.0'],
      cause:
        'The peer 12D3KooWC9xXfvGoYWcH2kjMy3VVnxehT6K6Lkr2gqa2rvR4amJe answered "na" to the only muxer that this side proposed: /yamux/1.0.0.',
    },
  ],
  'secio-dialed-js-secio-rsa-p256': [
    {
      actor: 'swarm/conn:2/multistream',
      code: 'ERR_MULTISTREAM_NO_OVERLAP',
      title: 'Nothing in common',
      blame: 'remote',
      machine: 'multistreamDialer',
      state: 'awaitingReply',
      ended: 'noOverlap',
      offered: ['/yamux/1.0.0'],
      cause:
        'The peer QmajG8qGdc44UUGe5E2g1c75rMpT919vsxtH8qcuw9Gcfc answered "na" to the only muxer that this side proposed: /yamux/1.0.0.',
    },
  ],
  'secio-dialed-js-secio-secp256k1-p521': [
    {
      actor: 'swarm/conn:2/multistream',
      code: 'ERR_MULTISTREAM_NO_OVERLAP',
      title: 'Nothing in common',
      blame: 'remote',
      machine: 'multistreamDialer',
      state: 'awaitingReply',
      ended: 'noOverlap',
      offered: ['/yamux/1.0.0'],
      cause:
        'The peer 16Uiu2HAmR65EWy6y3x4PJB9KeEmtt4fJYmytYgwVuCSrWrvyPhSE answered "na" to the only muxer that this side proposed: /yamux/1.0.0.',
    },
  ],
  'secio-ended': [
    {
      actor: 'swarm/conn:2/secio',
      code: 'ERR_SECIO_ENDED',
      title: 'The peer ended it',
      blame: 'remote',
      machine: 'secioHandshake',
      state: 'awaitingPropose',
      ended: 'ended',
      cause:
        'The peer at /memory/peer closed the connection while the Propose of the peer was due (the peer closed in awaitingPropose).',
    },
  ],
  'secio-listener-bad-nonce': [
    {
      actor: 'swarm/conn:1/secio',
      code: 'ERR_SECIO_BAD_NONCE',
      title: 'Identity not proven',
      blame: 'remote',
      machine: 'secioHandshake',
      state: 'checkingNonce.sent',
      ended: 'badNonce',
      cause: 'The first frame does not echo our nonce.',
    },
  ],
  'secio-no-common-suite': [
    {
      actor: 'swarm/conn:2/secio',
      code: 'ERR_SECIO_NO_COMMON_SUITE',
      title: 'Nothing in common',
      blame: 'remote',
      machine: 'secioHandshake',
      state: 'selectingSuite',
      ended: 'noCommonSuite',
      offered: ['AES-256', 'AES-128'],
      wanted: ['Blowfish'],
      cause: 'No cipher in common: this side offers AES-256, AES-128, and the peer at /memory/peer Blowfish.',
    },
  ],
  'secio-peer-mismatch': [
    {
      actor: 'swarm/conn:2/secio',
      code: 'ERR_PEER_ID_MISMATCH',
      title: 'Another peer answered',
      blame: 'remote',
      machine: 'secioHandshake',
      state: 'selectingSuite',
      ended: 'peerMismatch',
      offered: ['12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG'],
      wanted: ['12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'],
      cause:
        '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA was dialed, and 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG answered at /memory/peer.',
    },
  ],
  'secio-timeout': [
    {
      actor: 'swarm/conn:2/secio',
      code: 'ERR_SECIO_TIMEOUT',
      title: 'The peer went silent',
      blame: 'remote',
      machine: 'secioHandshake',
      state: 'awaitingExchange.held',
      ended: 'timedOut',
      cause:
        'The peer at /memory/peer was silent: the peer’s Exchange did not come within 5 s; it was last heard 5 s before that.',
    },
  ],
  'spdy-bad-compression': [
    {
      actor: 'swarm/conn:2/spdy',
      code: 'ERR_SPDY_BAD_COMPRESSION',
      title: 'A message that does not decode',
      blame: 'remote',
      machine: 'spdySession',
      state: 'live.streams.open|live.keepAlive.resting',
      ended: 'violated',
      cause: 'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG sent a header block that zlib cannot open.',
    },
  ],
  'spdy-bad-dictionary': [
    {
      actor: 'swarm/conn:2/spdy',
      code: 'ERR_SPDY_BAD_DICTIONARY',
      title: 'A message that does not decode',
      blame: 'remote',
      machine: 'spdySession',
      state: 'live.streams.open|live.keepAlive.resting',
      ended: 'violated',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG compresses its header blocks with another dictionary than that of SPDY/3.',
    },
  ],
  'spdy-bad-frame': [
    {
      actor: 'swarm/conn:2/spdy',
      code: 'ERR_SPDY_BAD_FRAME',
      title: 'A message that does not decode',
      blame: 'remote',
      machine: 'spdySession',
      state: 'live.streams.open|live.keepAlive.resting',
      ended: 'violated',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG sent a frame whose length or fields cannot be.',
    },
  ],
  'spdy-bad-headers': [
    {
      actor: 'swarm/conn:2/spdy',
      code: 'ERR_SPDY_BAD_HEADERS',
      title: 'A message that does not decode',
      blame: 'remote',
      machine: 'spdySession',
      state: 'live.streams.open|live.keepAlive.resting',
      ended: 'violated',
      cause: 'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG sent a header block that is none.',
    },
  ],
  'spdy-bad-stream-id': [
    {
      actor: 'swarm/conn:2/spdy',
      code: 'ERR_SPDY_BAD_STREAM_ID',
      title: 'A stream id that cannot be',
      blame: 'remote',
      machine: 'spdySession',
      state: 'live.streams.open|live.keepAlive.resting',
      ended: 'violated',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG named a stream with an id of the wrong parity, or one used before.',
    },
  ],
  'spdy-bad-version': [
    {
      actor: 'swarm/conn:2/spdy',
      code: 'ERR_SPDY_BAD_VERSION',
      title: 'A message that does not decode',
      blame: 'remote',
      machine: 'spdySession',
      state: 'live.streams.open|live.keepAlive.resting',
      ended: 'violated',
      cause: 'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG sent a frame that is not SPDY version 3.',
    },
  ],
  'spdy-flood': [
    {
      actor: 'swarm/conn:2/spdy',
      code: 'ERR_SPDY_FLOOD',
      title: 'A limit was reached',
      blame: 'remote',
      machine: 'spdySession',
      state: 'live.streams.open|live.keepAlive.resting',
      ended: 'violated',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG sent pings or settings faster than they can be of use.',
    },
  ],
  'spdy-frame-too-large': [
    {
      actor: 'swarm/conn:2/spdy',
      code: 'ERR_SPDY_FRAME_TOO_LARGE',
      title: 'A limit was reached',
      blame: 'remote',
      machine: 'spdySession',
      state: 'live.streams.open|live.keepAlive.resting',
      ended: 'violated',
      cause: 'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG announced a control frame over the limit.',
    },
  ],
  'spdy-go-away': [
    {
      actor: 'swarm/conn:2/spdy',
      code: 'ERR_SPDY_GO_AWAY',
      title: 'The peer is going away',
      blame: 'remote',
      machine: 'spdySession',
      state: 'live.streams.open|live.keepAlive.resting',
      ended: 'goneAway',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG went away with an error: it says that this side broke a rule.',
    },
  ],
  'spdy-headers-too-large': [
    {
      actor: 'swarm/conn:2/spdy',
      code: 'ERR_SPDY_HEADERS_TOO_LARGE',
      title: 'A limit was reached',
      blame: 'remote',
      machine: 'spdySession',
      state: 'live.streams.open|live.keepAlive.resting',
      ended: 'violated',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG sent a header block that opens to more than the limit.',
    },
  ],
  'spdy-keep-alive': [
    {
      actor: 'swarm/conn:2/spdy',
      code: 'ERR_SPDY_KEEPALIVE',
      title: 'The peer went silent',
      blame: 'remote',
      machine: 'spdySession',
      state: 'live.streams.open|live.keepAlive.awaitingPeer',
      ended: 'silent',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG did not answer the keep-alive ping within 10 s: it is gone, or the link is.',
    },
  ],
  'spdy-not-served': [
    {
      actor: 'swarm/conn:2/spdy/1',
      code: 'ERR_SPDY_GO_AWAY',
      title: 'The peer is going away',
      blame: 'remote',
      machine: 'spdyStream',
      state: 'open.windowOpen',
      ended: 'sessionEnded',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG went away and does not serve stream 1 (/ipfs/id/1.0.0) any more.',
    },
  ],
  'spdy-replied-twice': [
    {
      actor: 'swarm/conn:2/spdy/3',
      code: 'ERR_SPDY_UNEXPECTED',
      title: 'Out of order',
      blame: 'remote',
      machine: 'spdyStream',
      state: 'open.windowOpen',
      ended: 'repliedTwice',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG sent a SYN_REPLY on stream 3 (/echo/1.0.0) that is not due.',
    },
  ],
  'spdy-stream-reset': [
    {
      actor: 'swarm/conn:2/spdy/3',
      code: 'ERR_STREAM_RESET',
      title: 'The peer reset the stream',
      blame: 'remote',
      machine: 'spdyStream',
      state: 'open.windowOpen',
      ended: 'resetByPeer',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG reset stream 3 (/echo/1.0.0), in open.windowOpen.',
    },
  ],
  'spdy-stream-window-overflow': [
    {
      actor: 'swarm/conn:2/spdy/3',
      code: 'ERR_SPDY_WINDOW_OVERFLOW',
      title: 'The window was overrun',
      blame: 'remote',
      machine: 'spdyStream',
      state: 'open.windowOpen',
      ended: 'violated',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG granted a window beyond 31 bits on stream 3 (/echo/1.0.0).',
    },
  ],
  'spdy-too-many-streams': [
    {
      actor: 'api',
      code: 'ERR_SPDY_TOO_MANY_STREAMS',
      title: 'A limit was reached',
      blame: 'local',
      cause: 'This side’s bound on streams is reached: 1 streams of ours are open, 1 may be.',
    },
  ],
  'spdy-window-exceeded': [
    {
      actor: 'swarm/conn:2/spdy',
      code: 'ERR_SPDY_WINDOW_EXCEEDED',
      title: 'The window was overrun',
      blame: 'remote',
      machine: 'spdySession',
      state: 'live.streams.open|live.keepAlive.resting',
      ended: 'violated',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG sent more data than the window that it was granted.',
    },
  ],
  'spdy-window-overflow': [
    {
      actor: 'swarm/conn:2/spdy',
      code: 'ERR_SPDY_WINDOW_OVERFLOW',
      title: 'The window was overrun',
      blame: 'remote',
      machine: 'spdySession',
      state: 'live.streams.open|live.keepAlive.resting',
      ended: 'violated',
      cause: 'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG granted a window beyond 31 bits.',
    },
  ],
  'stream-no-overlap': [
    {
      actor: 'swarm/conn:2/yamux/3/multistream',
      code: 'ERR_MULTISTREAM_NO_OVERLAP',
      title: 'Nothing in common',
      blame: 'remote',
      machine: 'multistreamDialer',
      state: 'awaitingReply',
      ended: 'noOverlap',
      offered: ['/echo/1.0.0'],
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG answered "na" to the only protocol that this side proposed: /echo/1.0.0.',
    },
  ],
  'stream-reset': [
    {
      actor: 'swarm/conn:2/yamux/3',
      code: 'ERR_STREAM_RESET',
      title: 'The peer reset the stream',
      blame: 'remote',
      machine: 'yamuxStream',
      state: 'open.windowOpen',
      ended: 'resetByPeer',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG reset stream 3 (/echo/1.0.0), in open.windowOpen.',
    },
    {
      actor: 'swarm/conn:2/yamux',
      code: 'ERR_TRANSPORT_ENDED',
      title: 'The connection was lost',
      blame: 'remote',
      machine: 'yamuxSession',
      state: 'live.streams.open|live.keepAlive.resting',
      ended: 'transportLost',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG closed the connection without a farewell while streams were open.',
    },
  ],
  'tls-accepted-kubo-ecdsa': [
    {
      actor: 'swarm/conn:1/yamux/3',
      code: 'ERR_STREAM_RESET',
      title: 'The peer reset the stream',
      blame: 'remote',
      machine: 'yamuxStream',
      state: 'open.windowOpen',
      ended: 'resetByPeer',
      cause:
        'The peer Qmdvu2e429tBEBh7jJYgUDKccR5ACd9ihyUbppygyACsNJ reset stream 3 (/ipfs/ping/1.0.0), in open.windowOpen.',
    },
  ],
  'tls-accepted-kubo': [
    {
      actor: 'swarm/conn:1/yamux/3',
      code: 'ERR_STREAM_RESET',
      title: 'The peer reset the stream',
      blame: 'remote',
      machine: 'yamuxStream',
      state: 'open.windowOpen',
      ended: 'resetByPeer',
      cause:
        'The peer 12D3KooWMrD7gqu7sBt17NCfaxYN3FAdrMDgBT1DK84xNmF38L6x reset stream 3 (/ipfs/ping/1.0.0), in open.windowOpen.',
    },
  ],
  'tls-alert': [
    {
      actor: 'swarm/conn:2/tls',
      code: 'ERR_TLS_ALERT',
      title: 'Refused',
      blame: 'remote',
      machine: 'tlsClient',
      state: 'awaitingEncryptedExtensions',
      ended: 'alerted',
      cause: 'The peer at /memory/peer ended TLS with the alert bad_certificate while EncryptedExtensions was due.',
    },
  ],
  'tls-bad-certificate': [
    {
      actor: 'swarm/conn:2/tls',
      code: 'ERR_TLS_BAD_CERTIFICATE',
      title: 'Identity not proven',
      blame: 'remote',
      machine: 'tlsClient',
      state: 'judgingCertificate',
      ended: 'badCertificate',
      cause:
        'The peer’s certificate is missing, or is not the self-signed one with the libp2p extension (the signature by 12D3KooWNx22JfqZtxjpwGLSvS9a6V4MgmbXJb4tpPw27fzt19pv over the key of the certificate is wrong).',
    },
  ],
  'tls-bad-finished': [
    {
      actor: 'swarm/conn:2/tls',
      code: 'ERR_TLS_BAD_FINISHED',
      title: 'Identity not proven',
      blame: 'remote',
      machine: 'tlsClient',
      state: 'judgingFinished',
      ended: 'badFinished',
      cause:
        'The peer’s Finished does not match: it saw another handshake than this side (Finished is not over what we heard).',
    },
  ],
  'tls-bad-message': [
    {
      actor: 'swarm/conn:2/tls',
      code: 'ERR_TLS_BAD_MESSAGE',
      title: 'A message that does not decode',
      blame: 'remote',
      machine: 'tlsClient',
      state: 'judgingEncryptedExtensions',
      ended: 'badMessage',
      cause:
        'The peer sent a handshake message that does not decode, or says what it may not (the server chose "h2", which we do not offer).',
    },
  ],
  'tls-bad-record-in-session': [
    {
      actor: 'swarm/conn:2',
      code: 'ERR_TLS_BAD_RECORD',
      title: 'A frame that cannot be opened',
      blame: 'remote',
      machine: 'connection',
      state: 'open',
      ended: 'failed',
      cause:
        'The peer 12D3KooWNx22JfqZtxjpwGLSvS9a6V4MgmbXJb4tpPw27fzt19pv sent a frame on the open connection that the tls channel does not open.',
    },
  ],
  'tls-bad-record': [
    {
      actor: 'swarm/conn:2/tls',
      code: 'ERR_TLS_BAD_RECORD',
      title: 'A frame that cannot be opened',
      blame: 'remote',
      machine: 'tlsClient',
      state: 'awaitingEncryptedExtensions',
      ended: 'badRecord',
      cause:
        'A record could not be opened: changed on its way, over the limit, or no TLS 1.3 (a record of 478 bytes does not verify).',
    },
  ],
  'tls-bad-signature': [
    {
      actor: 'swarm/conn:2/tls',
      code: 'ERR_TLS_BAD_SIGNATURE',
      title: 'Identity not proven',
      blame: 'remote',
      machine: 'tlsClient',
      state: 'judgingCertificateVerify',
      ended: 'badSignature',
      cause:
        'The peer could not prove, by CertificateVerify, that it holds the key of its certificate (the signature over the handshake is wrong).',
    },
  ],
  'tls-broken-extension': [
    {
      actor: 'swarm/conn:2/tls',
      code: 'ERR_TLS_BAD_CERTIFICATE',
      title: 'Identity not proven',
      blame: 'remote',
      machine: 'tlsClient',
      state: 'judgingCertificate',
      ended: 'badCertificate',
      cause:
        'The peer’s certificate is missing, or is not the self-signed one with the libp2p extension (the libp2p extension holds no identity key that we know).',
    },
  ],
  'tls-ended': [
    {
      actor: 'swarm/conn:2/tls',
      code: 'ERR_TLS_ENDED',
      title: 'The peer ended it',
      blame: 'remote',
      machine: 'tlsClient',
      state: 'awaitingEncryptedExtensions',
      ended: 'ended',
      cause:
        'The peer at /memory/peer closed the connection while EncryptedExtensions was due (the peer closed during the handshake).',
    },
  ],
  'tls-flood': [
    {
      actor: 'swarm/conn:2/tls',
      code: 'ERR_TLS_FLOOD',
      title: 'A limit was reached',
      blame: 'remote',
      machine: 'tlsClient',
      state: 'awaitingEncryptedExtensions',
      ended: 'flooded',
      cause: 'The peer sent record after record that brings no data (33 records in a row say nothing).',
    },
  ],
  'tls-impersonation': [
    {
      actor: 'swarm/conn:2/tls',
      code: 'ERR_TLS_BAD_CERTIFICATE',
      title: 'Identity not proven',
      blame: 'remote',
      machine: 'tlsClient',
      state: 'judgingCertificate',
      ended: 'badCertificate',
      cause:
        'The peer’s certificate is missing, or is not the self-signed one with the libp2p extension (the signature by 12D3KooWG5sF9WGghNuaV4et3QSesH1SMdbTHAoTwc6QePK84j9n over the key of the certificate is wrong).',
    },
  ],
  'tls-listener-bad-certificate': [
    {
      actor: 'swarm/conn:1/tls',
      code: 'ERR_TLS_BAD_CERTIFICATE',
      title: 'Identity not proven',
      blame: 'remote',
      machine: 'tlsServer',
      state: 'judgingCertificate',
      ended: 'badCertificate',
      cause: 'The peer’s certificate is missing, or is not the self-signed one with the libp2p extension.',
    },
  ],
  'tls-listener-bad-finished': [
    {
      actor: 'swarm/conn:1/tls',
      code: 'ERR_TLS_BAD_FINISHED',
      title: 'Identity not proven',
      blame: 'remote',
      machine: 'tlsServer',
      state: 'judgingFinished',
      ended: 'badFinished',
      cause: 'The peer’s Finished does not match: it saw another handshake than this side.',
    },
  ],
  'tls-listener-bad-signature': [
    {
      actor: 'swarm/conn:1/tls',
      code: 'ERR_TLS_BAD_SIGNATURE',
      title: 'Identity not proven',
      blame: 'remote',
      machine: 'tlsServer',
      state: 'judgingCertificateVerify',
      ended: 'badSignature',
      cause: 'The peer could not prove, by CertificateVerify, that it holds the key of its certificate.',
    },
  ],
  'tls-listener-broken-extension': [
    {
      actor: 'swarm/conn:1/tls',
      code: 'ERR_TLS_BAD_CERTIFICATE',
      title: 'Identity not proven',
      blame: 'remote',
      machine: 'tlsServer',
      state: 'judgingCertificate',
      ended: 'badCertificate',
      cause: 'The peer’s certificate is missing, or is not the self-signed one with the libp2p extension.',
    },
  ],
  'tls-listener-impersonation': [
    {
      actor: 'swarm/conn:1/tls',
      code: 'ERR_TLS_BAD_CERTIFICATE',
      title: 'Identity not proven',
      blame: 'remote',
      machine: 'tlsServer',
      state: 'judgingCertificate',
      ended: 'badCertificate',
      cause: 'The peer’s certificate is missing, or is not the self-signed one with the libp2p extension.',
    },
  ],
  'tls-listener-no-certificate': [
    {
      actor: 'swarm/conn:1/tls',
      code: 'ERR_TLS_BAD_CERTIFICATE',
      title: 'Identity not proven',
      blame: 'remote',
      machine: 'tlsServer',
      state: 'judgingCertificate',
      ended: 'badCertificate',
      cause: 'The peer’s certificate is missing, or is not the self-signed one with the libp2p extension.',
    },
  ],
  'tls-listener-no-common-protocol': [
    {
      actor: 'swarm/conn:1/tls',
      code: 'ERR_TLS_NO_COMMON_PROTOCOL',
      title: 'Nothing in common',
      blame: 'remote',
      machine: 'tlsServer',
      state: 'judgingClientHello',
      ended: 'noCommonProtocol',
      wanted: ['/yamux/1.0.0'],
      cause: 'The client’s ALPN has neither libp2p nor any multiplexer that is spoken here.',
    },
  ],
  'tls-listener-no-common-suite': [
    {
      actor: 'swarm/conn:1/tls',
      code: 'ERR_TLS_NO_COMMON_SUITE',
      title: 'Nothing in common',
      blame: 'remote',
      machine: 'tlsServer',
      state: 'judgingClientHello',
      ended: 'noCommonSuite',
      cause: 'No cipher suite, group or signature scheme in common.',
    },
  ],
  'tls-listener-no-common-version': [
    {
      actor: 'swarm/conn:1/tls',
      code: 'ERR_TLS_NO_COMMON_VERSION',
      title: 'Nothing in common',
      blame: 'remote',
      machine: 'tlsServer',
      state: 'judgingClientHello',
      ended: 'noCommonVersion',
      cause: 'The peer does not speak TLS 1.3, which libp2p requires.',
    },
  ],
  'tls-listener-no-extension': [
    {
      actor: 'swarm/conn:1/tls',
      code: 'ERR_TLS_BAD_CERTIFICATE',
      title: 'Identity not proven',
      blame: 'remote',
      machine: 'tlsServer',
      state: 'judgingCertificate',
      ended: 'badCertificate',
      cause: 'The peer’s certificate is missing, or is not the self-signed one with the libp2p extension.',
    },
  ],
  'tls-listener-unsupported-key': [
    {
      actor: 'swarm/conn:1/tls',
      code: 'ERR_TLS_BAD_CERTIFICATE',
      title: 'Identity not proven',
      blame: 'remote',
      machine: 'tlsServer',
      state: 'judgingCertificate',
      ended: 'badCertificate',
      cause: 'The peer’s certificate is missing, or is not the self-signed one with the libp2p extension.',
    },
  ],
  'tls-listener-wrong-extension': [
    {
      actor: 'swarm/conn:1/tls',
      code: 'ERR_TLS_BAD_CERTIFICATE',
      title: 'Identity not proven',
      blame: 'remote',
      machine: 'tlsServer',
      state: 'judgingCertificate',
      ended: 'badCertificate',
      cause: 'The peer’s certificate is missing, or is not the self-signed one with the libp2p extension.',
    },
  ],
  'tls-no-certificate': [
    {
      actor: 'swarm/conn:2/tls',
      code: 'ERR_TLS_BAD_CERTIFICATE',
      title: 'Identity not proven',
      blame: 'remote',
      machine: 'tlsClient',
      state: 'judgingCertificate',
      ended: 'badCertificate',
      cause:
        'The peer’s certificate is missing, or is not the self-signed one with the libp2p extension (no certificate came).',
    },
  ],
  'tls-no-common-suite': [
    {
      actor: 'swarm/conn:2/tls',
      code: 'ERR_TLS_NO_COMMON_SUITE',
      title: 'Nothing in common',
      blame: 'remote',
      machine: 'tlsClient',
      state: 'judgingCertificateRequest',
      ended: 'noCommonSuite',
      cause:
        'No cipher suite, group or signature scheme in common (the server does not take ecdsa_secp256r1_sha256, by which we sign).',
    },
  ],
  'tls-no-common-version': [
    {
      actor: 'swarm/conn:2/tls',
      code: 'ERR_TLS_NO_COMMON_VERSION',
      title: 'Nothing in common',
      blame: 'remote',
      machine: 'tlsClient',
      state: 'judgingServerHello',
      ended: 'noCommonVersion',
      cause: 'The peer does not speak TLS 1.3, which libp2p requires (ServerHello is not of TLS 1.3).',
    },
  ],
  'tls-no-extension': [
    {
      actor: 'swarm/conn:2/tls',
      code: 'ERR_TLS_BAD_CERTIFICATE',
      title: 'Identity not proven',
      blame: 'remote',
      machine: 'tlsClient',
      state: 'judgingCertificate',
      ended: 'badCertificate',
      cause:
        'The peer’s certificate is missing, or is not the self-signed one with the libp2p extension (the certificate has no libp2p extension).',
    },
  ],
  'tls-peer-mismatch': [
    {
      actor: 'swarm/conn:2/tls',
      code: 'ERR_PEER_ID_MISMATCH',
      title: 'Another peer answered',
      blame: 'remote',
      machine: 'tlsClient',
      state: 'judgingCertificate',
      ended: 'peerMismatch',
      offered: ['12D3KooWNx22JfqZtxjpwGLSvS9a6V4MgmbXJb4tpPw27fzt19pv'],
      wanted: ['12D3KooWG5sF9WGghNuaV4et3QSesH1SMdbTHAoTwc6QePK84j9n'],
      cause:
        '12D3KooWG5sF9WGghNuaV4et3QSesH1SMdbTHAoTwc6QePK84j9n was dialed, and 12D3KooWNx22JfqZtxjpwGLSvS9a6V4MgmbXJb4tpPw27fzt19pv answered at /memory/peer.',
    },
  ],
  'tls-second-retry': [
    {
      actor: 'swarm/conn:2/tls',
      code: 'ERR_TLS_UNEXPECTED',
      title: 'Out of order',
      blame: 'remote',
      machine: 'tlsClient',
      state: 'awaitingSecondServerHello',
      ended: 'unexpected',
      cause:
        'The peer at /memory/peer sent helloRetryRequest while ServerHello was due (wire.helloRetryRequest after ServerHello).',
    },
  ],
  'tls-timeout': [
    {
      actor: 'swarm/conn:2/tls',
      code: 'ERR_TLS_TIMEOUT',
      title: 'The peer went silent',
      blame: 'remote',
      machine: 'tlsClient',
      state: 'awaitingEncryptedExtensions',
      ended: 'timedOut',
      cause:
        'The peer at /memory/peer was silent: EncryptedExtensions did not come within 5 s; it was last heard 5 s before that.',
    },
  ],
  'tls-unsupported-key': [
    {
      actor: 'swarm/conn:2/tls',
      code: 'ERR_TLS_BAD_CERTIFICATE',
      title: 'Identity not proven',
      blame: 'remote',
      machine: 'tlsClient',
      state: 'judgingCertificate',
      ended: 'badCertificate',
      cause:
        'The peer’s certificate is missing, or is not the self-signed one with the libp2p extension (the libp2p extension holds no identity key that we know).',
    },
  ],
  'tls-wrong-extension': [
    {
      actor: 'swarm/conn:2/tls',
      code: 'ERR_TLS_BAD_CERTIFICATE',
      title: 'Identity not proven',
      blame: 'remote',
      machine: 'tlsClient',
      state: 'judgingCertificate',
      ended: 'badCertificate',
      cause:
        'The peer’s certificate is missing, or is not the self-signed one with the libp2p extension (the signature by 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG over the key of the certificate is wrong).',
    },
  ],
  'two-connections-and-a-store': [
    {
      actor: 'swarm/conn:3/yamux/5',
      code: 'ERR_STREAM_RESET',
      title: 'The peer reset the stream',
      blame: 'remote',
      machine: 'yamuxStream',
      state: 'open.windowOpen',
      ended: 'resetByPeer',
      cause:
        'The peer 12D3KooWGnwWxdU7ij6WjiZuFUEXRqJJkuxxNTkSJqDNU8qrVcsk reset stream 5 (/ipfs/ping/1.0.0), in open.windowOpen.',
    },
  ],
  'trackers-of-bittorrent-tracker': [
    {
      actor: 'swarm/conn:4',
      code: 'ERR_DIAL_SELF',
      title: 'Dialed itself',
      blame: 'local',
      machine: 'connection',
      state: 'upgrading.handshaking',
      ended: 'failed',
      cause: '/ip4/127.0.0.1/tcp/36279 leads to this very node: the peer that answered has our own key.',
    },
  ],
  'upgrade-timeout': [
    {
      actor: 'swarm/conn:2',
      code: 'ERR_UPGRADE_TIMEOUT',
      title: 'The peer went silent',
      blame: 'remote',
      machine: 'connection',
      state: 'upgrading.handshaking',
      ended: 'timedOut',
      cause:
        'The peer at /memory/peer was silent: the Exchange of the peer did not come within 7 s; it was last heard 7 s before that.',
    },
  ],
  'upgrade-transport-dropped': [
    {
      actor: 'swarm/conn:2',
      code: 'ERR_TRANSPORT_ENDED',
      title: 'The connection was lost',
      blame: 'remote',
      machine: 'connection',
      state: 'upgrading.handshaking',
      ended: 'failed',
      cause:
        'The connection with the peer at /memory/peer broke during the upgrade, in upgrading.handshaking (the peer dropped the connection).',
    },
  ],
  'yamux-backlog': [
    {
      actor: 'api',
      code: 'ERR_YAMUX_BACKLOG',
      title: 'A limit was reached',
      blame: 'local',
      cause: 'This side’s bound on streams is reached: 2 streams of ours wait to be acknowledged.',
    },
  ],
  'yamux-bad-header': [
    {
      actor: 'swarm/conn:2/yamux',
      code: 'ERR_YAMUX_BAD_HEADER',
      title: 'A message that does not decode',
      blame: 'remote',
      machine: 'yamuxSession',
      state: 'live.streams.open|live.keepAlive.resting',
      ended: 'violated',
      cause: 'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG sent a frame that is not yamux version 0.',
    },
  ],
  'yamux-bad-stream-id': [
    {
      actor: 'swarm/conn:2/yamux',
      code: 'ERR_YAMUX_BAD_STREAM_ID',
      title: 'A stream id that cannot be',
      blame: 'remote',
      machine: 'yamuxSession',
      state: 'live.streams.open|live.keepAlive.resting',
      ended: 'violated',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG opened a stream with an id of the wrong parity, or one used before.',
    },
  ],
  'yamux-frame-too-large': [
    {
      actor: 'swarm/conn:2/yamux',
      code: 'ERR_YAMUX_FRAME_TOO_LARGE',
      title: 'A limit was reached',
      blame: 'remote',
      machine: 'yamuxSession',
      state: 'live.streams.open|live.keepAlive.resting',
      ended: 'violated',
      cause: 'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG announced a frame over the limit.',
    },
  ],
  'yamux-go-away': [
    {
      actor: 'swarm/conn:2/yamux',
      code: 'ERR_YAMUX_GO_AWAY',
      title: 'The peer is going away',
      blame: 'remote',
      machine: 'yamuxSession',
      state: 'live.streams.open|live.keepAlive.resting',
      ended: 'goneAway',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG went away with an error: it says that this side broke a rule.',
    },
  ],
  'yamux-keep-alive': [
    {
      actor: 'swarm/conn:2/yamux',
      code: 'ERR_YAMUX_KEEPALIVE',
      title: 'The peer went silent',
      blame: 'remote',
      machine: 'yamuxSession',
      state: 'live.streams.open|live.keepAlive.awaitingPeer',
      ended: 'silent',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG did not answer the keep-alive ping within 10 s: it is gone, or the link is.',
    },
  ],
  'yamux-ping-flood': [
    {
      actor: 'swarm/conn:2/yamux',
      code: 'ERR_YAMUX_PING_FLOOD',
      title: 'A limit was reached',
      blame: 'remote',
      machine: 'yamuxSession',
      state: 'live.streams.open|live.keepAlive.resting',
      ended: 'violated',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG sent pings faster than they can be answered.',
    },
  ],
  'yamux-too-many-streams': [
    {
      actor: 'api',
      code: 'ERR_YAMUX_TOO_MANY_STREAMS',
      title: 'A limit was reached',
      blame: 'local',
      cause: 'This side’s bound on streams is reached: 2 streams of ours are open.',
    },
  ],
  'yamux-transport-ended': [
    {
      actor: 'swarm/conn:2/yamux',
      code: 'ERR_TRANSPORT_ENDED',
      title: 'The connection was lost',
      blame: 'remote',
      machine: 'yamuxSession',
      state: 'live.streams.open|live.keepAlive.resting',
      ended: 'transportLost',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG closed the connection without a farewell while streams were open.',
    },
  ],
  'yamux-unexpected': [
    {
      actor: 'swarm/conn:2/yamux',
      code: 'ERR_YAMUX_UNEXPECTED',
      title: 'Out of order',
      blame: 'remote',
      machine: 'yamuxSession',
      state: 'live.streams.open|live.keepAlive.resting',
      ended: 'violated',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG sent a frame that the session does not expect.',
    },
  ],
  'yamux-window-exceeded': [
    {
      actor: 'swarm/conn:2/yamux',
      code: 'ERR_YAMUX_WINDOW_EXCEEDED',
      title: 'The window was overrun',
      blame: 'remote',
      machine: 'yamuxSession',
      state: 'live.streams.open|live.keepAlive.resting',
      ended: 'violated',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG sent more data than the window that it was granted.',
    },
  ],
  'yamux-window-overflow': [
    {
      actor: 'swarm/conn:2/yamux/3',
      code: 'ERR_YAMUX_WINDOW_OVERFLOW',
      title: 'The window was overrun',
      blame: 'remote',
      machine: 'yamuxStream',
      state: 'open.windowOpen',
      ended: 'violated',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG granted a window beyond 32 bits on stream 3 (/echo/1.0.0).',
    },
    {
      actor: 'swarm/conn:2/yamux',
      code: 'ERR_TRANSPORT_ENDED',
      title: 'The connection was lost',
      blame: 'remote',
      machine: 'yamuxSession',
      state: 'live.streams.open|live.keepAlive.resting',
      ended: 'transportLost',
      cause:
        'The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG closed the connection without a farewell while streams were open.',
    },
  ],
};

/** Recordings in which nothing failed: peers that speak with each other, and leave in good order. */
export const FAULTLESS: readonly string[] = [
  'bitswap-fetched-from-helia',
  'bitswap-fetched-from-kubo',
  'bitswap-served-to-helia',
  'connections-trimmed',
  'delegated-routing-asked-helia',
  'dht-asked-js-libp2p',
  'dht-served-to-js-libp2p',
  'dials-crossed',
  'dnsaddr-resolved',
  'identify-push-to-js-libp2p',
  'ipns-over-js-libp2p',
  'mdns-with-js-libp2p',
  'noise-accepted-js-libp2p-mplex',
  'noise-accepted-js-libp2p',
  'noise-dialed-js-libp2p-mplex',
  'noise-dialed-js-libp2p',
  'noise-dialed-kubo',
  'plaintext-accepted-js-libp2p',
  'plaintext-dialed-js-libp2p',
  'relay-v1-asked',
  'rendezvous-asked',
  'rendezvous-point',
  'secio-accepted-js-secio-mplex',
  'secio-accepted-js-secio-no-muxer',
  'secio-dialed-go-secio-ed25519-p384',
  'secio-dialed-go-secio-rsa-p256',
  'secio-dialed-go-secio-secp256k1-p521',
  'secio-dialed-js-secio-mplex',
  'secio-dialed-js-secio-no-muxer',
  'spdy-accepted-js-libp2p-0.26-plaintext-1',
  'spdy-dialed-js-libp2p-0.26-plaintext-1',
  'spdy-dialed-js-libp2p-0.26-secio',
  'swarm-join-2018',
  'tls-accepted-js-libp2p',
  'tls-dialed-js-libp2p',
  'tls-dialed-kubo-ecdsa',
  'tls-dialed-kubo',
];
