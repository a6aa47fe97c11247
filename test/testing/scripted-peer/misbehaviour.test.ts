/** What a script can do wrong, and the name that the node has for it: whoever dialed, on virtual time. */
import { describe, expect, test } from '@jest/globals';
import { generateIdentity } from '../../../src/crypto/keys.js';
import type { EngineError, ErrorCode } from '../../../src/errors.js';
import { LIMITS } from '../../../src/limits.js';
import { nodeCiphers } from '../../../src/platform/node-ciphers.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import type { Steps } from '../../../src/testing/scripted-peer/index.js';
import { peerIdToBytes } from '../../../src/crypto/peer-id.js';
import { during } from '../../support/sim-nodes.js';
import { errorAfter, scene, type Role } from './world.js';

type Security = 'noise' | 'secio' | 'plaintext';
const IDS = { noise: '/noise', secio: '/secio/1.0.0', plaintext: '/plaintext/2.0.0' } as const;
const stranger = generateIdentity(nodeCiphers, new SeededRandom('stranger')).identity;

const agree = (script: Steps, role: Role, protocol: string): Steps =>
  role === 'dialer' ? script.multistream.negotiate(protocol) : script.multistream.accept(protocol);

describe('multistream', () => {
  const dialing: readonly { name: string; act: (script: Steps) => Steps; code: ErrorCode }[] = [
    {
      name: 'another version of the header',
      act: (script) => script.multistream.sendLine('/multistream/2.0.0'),
      code: 'ERR_MULTISTREAM_BAD_HEADER',
    },
    {
      name: 'no header at all',
      act: (script) => script.multistream.propose('/noise'),
      code: 'ERR_MULTISTREAM_BAD_HEADER',
    },
    {
      name: 'a web request',
      act: (script) => script.sendRaw(Buffer.from(`GET / HTTP/1.1\r\nHost: ${'x'.repeat(100)}\r\n\r\n`)),
      code: 'ERR_MULTISTREAM_BAD_MESSAGE',
    },
    {
      name: 'a line over the limit, by its length',
      act: (script) => script.multistream.sendHeader().propose('/noise', { length: 1025 }),
      code: 'ERR_MULTISTREAM_BAD_MESSAGE',
    },
    {
      name: 'a line without its newline',
      act: (script) => script.multistream.sendHeader({ flip: -1 }),
      code: 'ERR_MULTISTREAM_BAD_MESSAGE',
    },
    {
      name: 'an echo instead of a proposal',
      act: (script) => script.multistream.sendHeader().expectHeader().sendNa(),
      code: 'ERR_MULTISTREAM_UNEXPECTED',
    },
    {
      name: 'lists without end',
      act: (script) =>
        script.multistream
          .sendHeader()
          .expectHeader()
          .sendLs()
          .expectList((all) => all.includes('/noise'))
          .sendLs()
          .expectList()
          .sendLs()
          .expectList()
          .sendLs()
          .expectList()
          .sendLs(),
      code: 'ERR_MULTISTREAM_TOO_MANY',
    },
    {
      name: 'half a header and the end',
      act: (script) => script.multistream.sendHeader({ truncateTo: 9 }).end(),
      code: 'ERR_MULTISTREAM_ENDED',
    },
    {
      name: 'silence',
      act: (script) => script.multistream.sendHeader().expectHeader(),
      code: 'ERR_MULTISTREAM_TIMEOUT',
    },
  ];
  test.each(dialing)('we dial with $name: $code', async ({ act, code }) => {
    expect(await errorAfter('dialer', 'noise', (script) => act(script).expectClose())).toMatchObject({ code });
  });

  const listening: readonly { name: string; act: (script: Steps) => Steps; code: ErrorCode }[] = [
    {
      name: 'na to everything',
      act: (script) => script.multistream.expectHeader().sendHeader().expectProposal('/noise').sendNa(),
      code: 'ERR_MULTISTREAM_NO_OVERLAP',
    },
    {
      name: 'an echo of something else',
      act: (script) => script.multistream.expectHeader().sendHeader().expectProposal().echo('/tls/1.0.0'),
      code: 'ERR_MULTISTREAM_UNEXPECTED',
    },
    {
      name: 'its header twice',
      act: (script) => script.multistream.expectHeader().sendHeader().sendHeader(),
      code: 'ERR_MULTISTREAM_UNEXPECTED',
    },
  ];
  test.each(listening)('they dial and get $name: $code', async ({ act, code }) => {
    expect(await errorAfter('listener', 'noise', (script) => act(script).expectClose())).toMatchObject({ code });
  });
});

interface Act {
  readonly name: string;
  readonly act: (script: Steps, role: Role) => Steps;
  readonly code: ErrorCode;
}

const SECIO: readonly Act[] = [
  { name: 'silence', act: (script) => script.secio.expectPropose(), code: 'ERR_SECIO_TIMEOUT' },
  { name: 'the end', act: (script) => script.end(), code: 'ERR_SECIO_ENDED' },
  {
    name: 'half a Propose and the end',
    act: (script) => script.secio.sendPropose({ truncateTo: 30 }).end(),
    code: 'ERR_SECIO_ENDED',
  },
  {
    name: 'a Propose of a length that none has',
    act: (script) => script.secio.sendPropose({ length: LIMITS.secioHandshakeMessageBytes + 1 }),
    code: 'ERR_SECIO_BAD_FRAME',
  },
  {
    name: 'a Propose with a short nonce',
    act: (script) => script.secio.sendPropose({ rand: new Uint8Array(15) }),
    code: 'ERR_SECIO_BAD_PROPOSE',
  },
  {
    name: 'a Propose without a key',
    act: (script) => script.secio.sendPropose({ publicKey: new Uint8Array(0) }),
    code: 'ERR_SECIO_BAD_PROPOSE',
  },
  {
    name: 'a Propose that is no protobuf',
    act: (script) => script.secio.sendFrame({ body: new Uint8Array(40).fill(0xff) }),
    code: 'ERR_SECIO_BAD_PROPOSE',
  },
  {
    name: 'curves that nobody knows',
    act: (script) => script.secio.sendPropose({ exchanges: ['P-224', 'X448'] }),
    code: 'ERR_SECIO_NO_COMMON_SUITE',
  },
  {
    name: 'an Exchange signed over other bytes',
    act: (script) => script.secio.sendPropose().expectPropose().sendExchange({ signature: 'wrong' }),
    code: 'ERR_SECIO_BAD_SIGNATURE',
  },
  {
    name: 'an Exchange without a signature',
    act: (script) => script.secio.sendPropose().expectPropose().sendExchange({ signature: 'absent' }),
    code: 'ERR_SECIO_BAD_SIGNATURE',
  },
  {
    name: 'a key off the curve, properly signed',
    act: (script) => script.secio.sendPropose().expectPropose().sendExchange({ ephemeralKey: 'offCurve' }),
    code: 'ERR_SECIO_BAD_EXCHANGE',
  },
  {
    name: 'another nonce than theirs',
    act: (script) =>
      script.secio.sendPropose().expectPropose().sendExchange().expectExchange().sendNonce({ nonce: 'wrong' }),
    code: 'ERR_SECIO_BAD_NONCE',
  },
  {
    name: 'a wrong MAC on the nonce',
    act: (script) => script.secio.sendPropose().expectPropose().sendExchange().expectExchange().sendNonce({ flip: -1 }),
    code: 'ERR_SECIO_BAD_MAC',
  },
  {
    name: 'the nonce twice, byte for byte',
    act: (script) => script.secio.handshake().sendAgain(),
    code: 'ERR_SECIO_BAD_MAC',
  },
  {
    name: 'a sealed frame with a flipped bit',
    act: (script) => script.secio.handshake().sendSealed(Buffer.from('hello'), { flip: 5 }),
    code: 'ERR_SECIO_BAD_MAC',
  },
];

const NOISE: readonly Act[] = [
  { name: 'silence', act: (script) => script, code: 'ERR_NOISE_TIMEOUT' },
  { name: 'the end', act: (script) => script.end(), code: 'ERR_NOISE_ENDED' },
  {
    name: 'a first message that is too short',
    act: ({ noise }) => noise.sendFrame({ body: new Uint8Array(31) }),
    code: 'ERR_NOISE_BAD_MESSAGE',
  },
  {
    name: 'an identity signed over another static key',
    act: ({ noise }) => noise.handshake({ signature: 'wrong' }),
    code: 'ERR_NOISE_BAD_SIGNATURE',
  },
  {
    name: "somebody else's identity key",
    act: ({ noise }) => noise.handshake({ identityKey: stranger.publicKeyProtobuf }),
    code: 'ERR_NOISE_BAD_SIGNATURE',
  },
  {
    name: 'a payload that is no protobuf',
    act: ({ noise }) => noise.handshake({ payload: new Uint8Array(20).fill(0xff) }),
    code: 'ERR_NOISE_BAD_PAYLOAD',
  },
  {
    name: 'no payload',
    act: ({ noise }) => noise.handshake({ payload: new Uint8Array(0) }),
    code: 'ERR_NOISE_BAD_PAYLOAD',
  },
  {
    name: 'a wrong tag on the identity',
    act: ({ noise }) => noise.handshake({ flip: -1 }),
    code: 'ERR_NOISE_BAD_MESSAGE',
  },
  {
    name: 'muxers that nobody knows',
    act: ({ noise }) => noise.handshake({ streamMuxers: ['/mplex/6.7.0'] }),
    code: 'ERR_NOISE_NO_COMMON_MUXER',
  },
  {
    name: 'a sealed frame with a wrong tag',
    act: ({ noise }) => noise.handshake().sendSealed(Buffer.from('hello'), { flip: -1 }),
    code: 'ERR_NOISE_BAD_FRAME',
  },
  {
    name: 'a sealed frame twice',
    act: ({ noise }) => noise.handshake().multistream.sendHeader().sendAgain(),
    code: 'ERR_NOISE_BAD_FRAME',
  },
  {
    name: 'a sealed frame shorter than its tag',
    act: ({ noise }) => noise.handshake().sendFrame({ body: new Uint8Array(15) }),
    code: 'ERR_NOISE_BAD_FRAME',
  },
];

const PLAINTEXT: readonly Act[] = [
  { name: 'silence', act: (script) => script.plaintext.expectExchange(), code: 'ERR_PLAINTEXT_TIMEOUT' },
  { name: 'the end', act: (script) => script.end(), code: 'ERR_PLAINTEXT_ENDED' },
  {
    name: 'an id that is not of the key',
    act: (script) => script.plaintext.sendExchange({ id: peerIdToBytes(stranger.peerId) }),
    code: 'ERR_PLAINTEXT_BAD_EXCHANGE',
  },
  {
    name: 'a message over the limit, by its length',
    act: (script) => script.plaintext.sendExchange({ length: LIMITS.plaintextMessageBytes + 1 }),
    code: 'ERR_PLAINTEXT_BAD_EXCHANGE',
  },
];

const ROLES: readonly Role[] = ['dialer', 'listener'];

describe.each(ROLES)('as the %s', (role) => {
  const play = (security: Security, act: Act['act']): Promise<EngineError> =>
    errorAfter(role, security, (script) => act(agree(script, role, IDS[security]), role).expectClose());

  test.each(SECIO)('secio: $name: $code', async ({ act, code }) => {
    expect(await play('secio', act)).toMatchObject({ code, blame: 'remote' });
  });

  test.each(PLAINTEXT)('plaintext: $name: $code', async ({ act, code }) => {
    expect(await play('plaintext', act)).toMatchObject({ code, blame: 'remote' });
  });
});

describe('noise as the dialer', () => {
  test.each(NOISE)('$name: $code', async ({ act, code }) => {
    const error = await errorAfter('dialer', 'noise', (script) =>
      act(agree(script, 'dialer', '/noise'), 'dialer').expectClose(),
    );
    expect(error).toMatchObject({ code, blame: 'remote' });
  });

  test('a first message that is a key of low order: ERR_NOISE_BAD_MESSAGE', async () => {
    const error = await errorAfter('dialer', 'noise', (script) =>
      script.multistream
        .negotiate('/noise')
        .noise.sendMessage1({ body: new Uint8Array(32) })
        .expectClose(),
    );
    expect(error).toMatchObject({ code: 'ERR_NOISE_BAD_MESSAGE' });
  });
});

describe('noise as the listener', () => {
  const cases: readonly { name: string; act: (script: Steps) => Steps; code: ErrorCode }[] = [
    {
      name: 'an identity signed over another static key',
      act: (script) => script.noise.expectMessage1().sendMessage2({ signature: 'wrong' }),
      code: 'ERR_NOISE_BAD_SIGNATURE',
    },
    {
      name: 'half of the second message and the end',
      act: (script) => script.noise.expectMessage1().sendMessage2({ truncateTo: 60 }).end(),
      code: 'ERR_NOISE_ENDED',
    },
    {
      name: 'the second message of a wrong length',
      act: (script) => script.noise.expectMessage1().sendMessage2({ length: 95 }),
      code: 'ERR_NOISE_BAD_MESSAGE',
    },
    {
      name: 'its first message back',
      act: (script) => script.noise.expectMessage1().sendFrame({ body: new Uint8Array(96).fill(7) }),
      code: 'ERR_NOISE_BAD_MESSAGE',
    },
    {
      name: 'muxers that nobody knows',
      act: (script) => script.noise.expectMessage1().sendMessage2({ streamMuxers: ['/mplex/6.7.0'] }),
      code: 'ERR_NOISE_NO_COMMON_MUXER',
    },
  ];
  test.each(cases)('$name: $code', async ({ act, code }) => {
    const error = await errorAfter('listener', 'noise', (script) =>
      act(script.multistream.accept('/noise')).expectClose(),
    );
    expect(error).toMatchObject({ code, blame: 'remote' });
  });

  test('another peer than the one that was dialed: ERR_PEER_ID_MISMATCH', async () => {
    const { world, node, listener } = await scene();
    const running = listener().multistream.accept('/noise').noise.expectMessage1().sendMessage2().expectClose().start();
    const dialed = node.dial(`/memory/script/p2p/${stranger.peerId}`).catch((error: unknown) => error);
    await during(world, running.outcome);
    expect(await during(world, dialed)).toMatchObject({ code: 'ERR_PEER_ID_MISMATCH' });
  });
});
