/** Every failure between the first byte and an open connection that a peer can bring about: multistream, noise, secio, plaintext. */
import { saved } from '../../../src/testing/scripted-peer/index.js';
import type { Recipe } from './recipe.js';
import { accepted, agreed, dialedFailure, VERY_LONG_MS, type Failure } from './virtual.js';

const SILENCE = { withinMs: VERY_LONG_MS };
/** Somebody else than the script. */
const STRANGER = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA';
const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const UNREADABLE = new Uint8Array(40).fill(0xff);

function withStranger(address: string): string {
  return address.replace(/\/p2p\/.*/, `/p2p/${STRANGER}`);
}

const MULTISTREAM: readonly Failure[] = [
  {
    name: 'multistream-no-overlap',
    title: 'the peer declines every security protocol',
    code: 'ERR_MULTISTREAM_NO_OVERLAP',
    options: { security: ['noise', 'secio', 'plaintext'] },
    script: ({ multistream }) =>
      multistream
        .expectHeader()
        .sendHeader()
        .expectProposal('/noise')
        .sendNa()
        .expectProposal('/secio/1.0.0')
        .sendNa()
        .expectProposal('/plaintext/2.0.0')
        .sendNa()
        .expectClose(),
  },
  {
    name: 'multistream-unexpected',
    title: 'the peer agrees to what was not proposed',
    code: 'ERR_MULTISTREAM_UNEXPECTED',
    script: ({ multistream }) =>
      multistream.expectHeader().sendHeader().expectProposal().echo('/tls/1.0.0').expectClose(),
  },
  {
    name: 'multistream-bad-header',
    title: 'the peer begins with another version of multistream',
    code: 'ERR_MULTISTREAM_BAD_HEADER',
    script: ({ multistream }) => multistream.sendLine('/multistream/2.0.0').expectClose(),
  },
  {
    name: 'multistream-bad-message',
    title: 'the peer speaks HTTP',
    code: 'ERR_MULTISTREAM_BAD_MESSAGE',
    script: (peer) => peer.sendRaw(text(`HTTP/1.1 400 Bad Request\r\n\r\n${'<p>'.repeat(20)}`)).expectClose(),
  },
  {
    name: 'multistream-timeout',
    title: 'the peer takes the connection and says nothing',
    code: 'ERR_MULTISTREAM_TIMEOUT',
    script: (peer) => peer.expectClose(SILENCE),
  },
  {
    name: 'multistream-ended',
    title: 'the peer says its header and closes',
    code: 'ERR_MULTISTREAM_ENDED',
    script: ({ multistream }) => multistream.sendHeader().end().expectClose(),
  },
];

const NOISE: readonly Failure[] = [
  {
    name: 'noise-bad-message',
    title: 'a bit of the second noise message was flipped on its way',
    code: 'ERR_NOISE_BAD_MESSAGE',
    script: (peer) => agreed(peer, 'noise').noise.expectMessage1().sendMessage2({ flip: -1 }).expectClose(),
  },
  {
    name: 'noise-bad-payload',
    title: 'the second noise message holds what is no payload',
    code: 'ERR_NOISE_BAD_PAYLOAD',
    script: (peer) => agreed(peer, 'noise').noise.expectMessage1().sendMessage2({ payload: UNREADABLE }).expectClose(),
  },
  {
    name: 'noise-bad-signature',
    title: 'the peer signs another noise key than the one it uses',
    code: 'ERR_NOISE_BAD_SIGNATURE',
    script: (peer) => agreed(peer, 'noise').noise.expectMessage1().sendMessage2({ signature: 'wrong' }).expectClose(),
  },
  {
    name: 'noise-peer-mismatch',
    title: 'noise proves another peer than the one that was dialed',
    code: 'ERR_PEER_ID_MISMATCH',
    script: (peer) => agreed(peer, 'noise').noise.expectMessage1().sendMessage2().expectClose(),
    call: (node, address) => node.dial(withStranger(address)),
  },
  {
    name: 'noise-no-common-muxer',
    title: 'the peer names muxers in noise, and yamux is not among them',
    code: 'ERR_NOISE_NO_COMMON_MUXER',
    script: (peer) =>
      agreed(peer, 'noise')
        .noise.expectMessage1()
        .sendMessage2({ streamMuxers: ['/mplex/6.7.0'] })
        .expectClose(),
  },
  {
    name: 'noise-bad-frame',
    title: 'the first sealed noise frame does not open',
    code: 'ERR_NOISE_BAD_FRAME',
    script: (peer) =>
      agreed(peer, 'noise')
        .noise.handshake()
        .noise.sendSealed(text('a bit of the tag is flipped'), { flip: -1 })
        .expectClose(),
  },
  {
    name: 'noise-timeout',
    title: 'the peer agrees to noise and says nothing more',
    code: 'ERR_NOISE_TIMEOUT',
    options: { limits: { noiseHandshakeTimeoutMs: 5_000 } },
    script: (peer) => agreed(peer, 'noise').expectClose(SILENCE),
  },
  {
    name: 'noise-ended',
    title: 'the peer closes in the middle of the second noise message',
    code: 'ERR_NOISE_ENDED',
    script: (peer) => agreed(peer, 'noise').noise.expectMessage1().sendMessage2({ truncateTo: 50 }).end().expectClose(),
  },
];

const SECIO: readonly Failure[] = [
  {
    name: 'secio-bad-frame',
    title: 'the peer announces a secio frame of 4 GiB',
    code: 'ERR_SECIO_BAD_FRAME',
    script: (peer) => agreed(peer, 'secio').secio.sendPropose({ length: 0xffffffff }).expectClose(),
  },
  {
    name: 'secio-bad-propose',
    title: 'the first secio message is no Propose',
    code: 'ERR_SECIO_BAD_PROPOSE',
    script: (peer) => agreed(peer, 'secio').secio.sendPropose({ body: UNREADABLE }).expectClose(),
  },
  {
    name: 'secio-no-common-suite',
    title: 'the peer knows no cipher of ours',
    code: 'ERR_SECIO_NO_COMMON_SUITE',
    script: (peer) =>
      agreed(peer, 'secio')
        .secio.sendPropose({ ciphers: ['Blowfish'] })
        .expectClose(),
  },
  {
    name: 'secio-bad-exchange',
    title: "the peer's ephemeral key is not on the curve",
    code: 'ERR_SECIO_BAD_EXCHANGE',
    script: (peer) =>
      agreed(peer, 'secio')
        .secio.sendPropose()
        .expectPropose()
        .sendExchange({ ephemeralKey: 'offCurve' })
        .expectClose(),
  },
  {
    name: 'secio-bad-signature',
    title: "the signature in the peer's Exchange is over other bytes",
    code: 'ERR_SECIO_BAD_SIGNATURE',
    script: (peer) =>
      agreed(peer, 'secio').secio.sendPropose().expectPropose().sendExchange({ signature: 'wrong' }).expectClose(),
  },
  {
    name: 'secio-bad-nonce',
    title: 'the peer echoes another nonce than ours',
    code: 'ERR_SECIO_BAD_NONCE',
    script: (peer) =>
      agreed(peer, 'secio')
        .secio.sendPropose()
        .expectPropose()
        .sendExchange()
        .expectExchange()
        .sendNonce({ nonce: 'wrong' })
        .expectClose(),
  },
  {
    name: 'secio-bad-mac',
    title: 'a bit of the first sealed secio frame was flipped on its way',
    code: 'ERR_SECIO_BAD_MAC',
    script: (peer) =>
      agreed(peer, 'secio')
        .secio.sendPropose()
        .expectPropose()
        .sendExchange()
        .expectExchange()
        .sendNonce({ flip: -1 })
        .expectClose(),
  },
  {
    name: 'secio-bad-mac-in-session',
    title: 'a sealed secio frame comes twice: a replay',
    code: 'ERR_SECIO_BAD_MAC',
    script: (peer) => agreed(peer, 'secio').secio.handshake().multistream.sendHeader().sendAgain().expectClose(),
  },
  {
    name: 'secio-dial-self',
    title: 'the peer sends our own Propose back',
    code: 'ERR_DIAL_SELF',
    script: (peer) =>
      agreed(peer, 'secio').secio.expectPropose({}, { as: 'ours' }).sendRaw(saved('ours')).expectClose(),
  },
  {
    name: 'secio-peer-mismatch',
    title: 'secio names another peer than the one that was dialed',
    code: 'ERR_PEER_ID_MISMATCH',
    script: (peer) => agreed(peer, 'secio').secio.sendPropose().expectClose(),
    call: (node, address) => node.dial(withStranger(address)),
  },
  {
    name: 'secio-timeout',
    title: 'the peer sends its Propose and nothing more',
    code: 'ERR_SECIO_TIMEOUT',
    options: { limits: { secioHandshakeTimeoutMs: 5_000 } },
    script: (peer) => agreed(peer, 'secio').secio.sendPropose().expectClose(SILENCE),
  },
  {
    name: 'secio-ended',
    title: 'the peer closes in the middle of its Propose',
    code: 'ERR_SECIO_ENDED',
    script: (peer) => agreed(peer, 'secio').secio.sendPropose({ truncateTo: 50 }).end().expectClose(),
  },
];

const PLAINTEXT: readonly Failure[] = [
  {
    name: 'plaintext-bad-exchange',
    title: 'the first plaintext message is no Exchange',
    code: 'ERR_PLAINTEXT_BAD_EXCHANGE',
    script: (peer) => agreed(peer, 'plaintext').plaintext.sendExchange({ body: UNREADABLE }).expectClose(),
  },
  {
    name: 'plaintext-id-mismatch',
    title: 'the id in the plaintext Exchange is not that of its key',
    code: 'ERR_PLAINTEXT_BAD_EXCHANGE',
    script: (peer) =>
      agreed(peer, 'plaintext')
        .plaintext.sendExchange({ id: Uint8Array.of(0x12, 0x20, ...new Uint8Array(32)) })
        .expectClose(),
  },
  {
    name: 'plaintext-peer-mismatch',
    title: 'plaintext names another peer than the one that was dialed',
    code: 'ERR_PEER_ID_MISMATCH',
    script: (peer) => agreed(peer, 'plaintext').plaintext.sendExchange().expectClose(),
    call: (node, address) => node.dial(withStranger(address)),
  },
  {
    name: 'plaintext-timeout',
    title: 'the peer agrees to plaintext and says nothing more',
    code: 'ERR_PLAINTEXT_TIMEOUT',
    script: (peer) => agreed(peer, 'plaintext').expectClose(SILENCE),
  },
  {
    name: 'plaintext-ended',
    title: 'the peer closes before its Exchange',
    code: 'ERR_PLAINTEXT_ENDED',
    script: (peer) => agreed(peer, 'plaintext').end().expectClose(),
  },
];

function withSecurity(failure: Failure, security: 'noise' | 'secio'): Failure {
  return { ...failure, options: { ...failure.options, security: [security] } };
}

/** Listeners fail in states of their own. */
const ACCEPTED: readonly Recipe[] = [
  accepted('multistream-too-many', 'a dialer proposes one protocol more than it may', {
    options: { limits: { multistreamProposals: 2 } },
    script: ({ multistream }) =>
      multistream
        .sendHeader()
        .expectHeader()
        .propose('/a/1')
        .expectNa()
        .propose('/b/1')
        .expectNa()
        .propose('/c/1')
        .expectClose(),
  }),
  accepted('multistream-listener-unexpected', 'a dialer declines where it has to propose', {
    script: ({ multistream }) => multistream.sendHeader().expectHeader().sendNa().expectClose(),
  }),
  accepted('noise-listener-bad-message', 'a bit of the third noise message was flipped on its way', {
    options: { security: ['noise'] },
    script: ({ multistream }) =>
      multistream.negotiate('/noise').noise.sendMessage1().expectMessage2().sendMessage3({ flip: -1 }).expectClose(),
  }),
  accepted('noise-listener-bad-signature', 'a dialer signs another noise key than the one it uses', {
    options: { security: ['noise'] },
    script: ({ multistream }) =>
      multistream
        .negotiate('/noise')
        .noise.sendMessage1()
        .expectMessage2()
        .sendMessage3({ signature: 'wrong' })
        .expectClose(),
  }),
  accepted('secio-listener-bad-nonce', 'a dialer echoes another nonce than ours', {
    options: { security: ['secio'] },
    script: ({ multistream }) =>
      multistream
        .negotiate('/secio/1.0.0')
        .secio.sendPropose()
        .expectPropose()
        .sendExchange()
        .expectExchange()
        .sendNonce({ nonce: 'wrong' })
        .expectClose(),
  }),
];

export const UPGRADE_FAILURES: readonly Recipe[] = [
  ...MULTISTREAM.map(dialedFailure),
  ...NOISE.map((failure) => dialedFailure(withSecurity(failure, 'noise'))),
  ...SECIO.map((failure) => dialedFailure(withSecurity(failure, 'secio'))),
  ...PLAINTEXT.map(dialedFailure),
  ...ACCEPTED,
];
