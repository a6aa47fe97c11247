/** Performs the steps of plaintext and secio. */
import { peerIdFromPublicKey, peerIdToBytes } from '../../../crypto/peer-id.js';
import { SECIO_OFFER } from '../../../crypto/secio-suite.js';
import { LIMITS } from '../../../limits.js';
import { decodeUint32Prefixed, decodeVarintPrefixed } from '../../../wire/length-prefixed.js';
import { decodePlaintextExchange, encodePlaintextExchange } from '../../../wire/plaintext.js';
import { decodeExchange, decodePropose, makeExchange, makePropose, SECIO_LENGTH_BYTES } from '../../../wire/secio.js';
import { sameBytes } from '../bytes.js';
import type { Match } from '../match.js';
import type {
  ExpectOptions,
  HeardExchange,
  HeardPlaintext,
  HeardPropose,
  SendExchangeOptions,
} from '../script/commands.js';
import { expectMessage, type Performers } from './expecting.js';
import { misused } from './failure.js';
import { expectSealed, mapTaken, sendFramed, sendSealed } from './sealed.js';
import { take } from './source.js';
import type { Stage } from './stage.js';

export const performPlaintext: Performers<'plaintext'> = {
  'plaintext.sendExchange': (stage, [options]) => {
    const { publicKeyProtobuf, peerId } = stage.options.identity;
    const id = options.id === undefined ? peerIdToBytes(peerId) : stage.bytesOf(options.id);
    const publicKey = options.publicKey === undefined ? publicKeyProtobuf : stage.bytesOf(options.publicKey);
    const fields = { id, publicKey };
    sendFramed(stage, 'plaintext', 'Exchange', 'varint', encodePlaintextExchange(fields), options, fields);
    return undefined;
  },
  'plaintext.expectExchange': (stage, [match, options]) => {
    const read = () =>
      mapTaken(
        take(stage.wire, (bytes) => decodeVarintPrefixed(bytes, LIMITS.plaintextMessageBytes)),
        heardPlaintext,
      );
    const expectation = { layer: 'plaintext', message: 'Exchange', match, options, source: stage.wire, read };
    return expectMessage(stage, expectation, ({ peer }) => void (stage.remotePeer = peer));
  },
};

export const performSecio: Performers<'secio'> = {
  'secio.sendPropose': (stage, [options]) => {
    const { rand, publicKey, exchanges, ciphers, hashes, body } = options;
    const fields = {
      rand: rand === undefined ? stage.secio.drawNonce() : stage.bytesOf(rand),
      publicKey: publicKey === undefined ? stage.options.identity.publicKeyProtobuf : stage.bytesOf(publicKey),
      exchanges: exchanges ?? SECIO_OFFER.exchanges,
      ciphers: ciphers ?? SECIO_OFFER.ciphers,
      hashes: hashes ?? SECIO_OFFER.hashes,
    };
    const propose = makePropose(fields);
    stage.secio.localPropose = body === undefined ? propose : { ...propose, bytes: stage.bytesOf(body) };
    sendFramed(stage, 'secio', 'Propose', 'uint32', propose.bytes, options, fields);
    return undefined;
  },
  'secio.expectPropose': (stage, [match, options]) =>
    expectMessage(stage, secioMessage(stage, 'Propose', match, options, heardPropose), (propose, bytes) => {
      stage.secio.remotePropose = { ...propose, bytes: bytes.subarray(SECIO_LENGTH_BYTES) };
    }),
  'secio.sendExchange': (stage, [options]) => {
    const fields = exchangeFields(stage, options);
    sendFramed(stage, 'secio', 'Exchange', 'uint32', makeExchange(fields).bytes, options, fields);
    return undefined;
  },
  'secio.expectExchange': (stage, [match, options]) => {
    const heard = (bytes: Uint8Array): HeardExchange => {
      const { ephemeralKey, signature } = decodeExchange(bytes);
      return { ephemeralKey, signature, verified: stage.secio.verifies({ ephemeralKey, signature }) };
    };
    return expectMessage(
      stage,
      secioMessage(stage, 'Exchange', match, options, heard),
      ({ ephemeralKey, verified }) => {
        stage.secio.remoteKey = ephemeralKey;
        if (verified) stage.remotePeer = peerIdFromPublicKey(stage.secio.remotePropose?.publicKey ?? new Uint8Array(0));
      },
    );
  },
  'secio.sendNonce': (stage, [options]) => {
    const { channel, remotePropose } = stage.secio;
    const due = remotePropose?.rand ?? new Uint8Array(0);
    const { nonce = due } = options;
    stage.secure(channel, { sending: true });
    sendSealed(stage, channel, 'nonce', nonce === 'wrong' ? flipped(due) : stage.bytesOf(nonce), options);
    return undefined;
  },
  'secio.expectNonce': (stage, [options]) => {
    const { channel, localPropose } = stage.secio;
    stage.secure(channel, { receiving: true });
    return expectSealed(stage, channel, 'nonce', localPropose?.rand, options);
  },
  'secio.sendFrame': (stage, [options]) => {
    if (options.body === undefined) throw misused('a frame needs a body');
    sendFramed(stage, 'secio', 'frame', 'uint32', stage.bytesOf(options.body), options);
    return undefined;
  },
  'secio.sendSealed': (stage, [plaintext, options]) => {
    sendSealed(stage, stage.secio.channel, 'sealed frame', stage.bytesOf(plaintext), options);
    return undefined;
  },
  'secio.expectSealed': (stage, [plaintext, options]) =>
    expectSealed(stage, stage.secio.channel, 'sealed frame', plaintext, options),
};

function heardPlaintext(bytes: Uint8Array): HeardPlaintext {
  const { id, publicKey } = decodePlaintextExchange(bytes);
  const peer = peerIdFromPublicKey(publicKey);
  return { id, publicKey, peer, verified: sameBytes(id, peerIdToBytes(peer)) };
}

function heardPropose(bytes: Uint8Array): HeardPropose {
  const { rand, publicKey, exchanges, ciphers, hashes } = decodePropose(bytes);
  return { rand, publicKey, exchanges, ciphers, hashes, peer: peerIdFromPublicKey(publicKey) };
}

/** The fields of our Exchange, as they should be but for what the options say. */
function exchangeFields(stage: Stage, { ephemeralKey, signature }: SendExchangeOptions) {
  const { secio } = stage;
  const key =
    ephemeralKey === undefined
      ? secio.ephemeral.publicKey
      : ephemeralKey === 'offCurve'
        ? flipped(secio.ephemeral.publicKey)
        : stage.bytesOf(ephemeralKey);
  if (signature === 'absent') return { ephemeralKey: key, signature: new Uint8Array(0) };
  // By the right key over the wrong bytes: a signature that is one, but not of this handshake.
  if (signature === 'wrong') return { ephemeralKey: key, signature: secio.sign(flipped(key)) };
  return { ephemeralKey: key, signature: signature === undefined ? secio.sign(key) : stage.bytesOf(signature) };
}

function secioMessage<Value>(
  stage: Stage,
  message: string,
  match: Match<Value>,
  options: ExpectOptions,
  heard: (bytes: Uint8Array) => Value,
) {
  const read = () =>
    mapTaken(
      take(stage.wire, (bytes) => decodeUint32Prefixed(bytes, LIMITS.secioFrameBytes)),
      heard,
    );
  return { layer: 'secio', message, match, options, source: stage.wire, read };
}

/** The bytes with the lowest bit of the last one flipped. */
function flipped(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
  return copy;
}
