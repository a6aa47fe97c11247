/** Performs the steps of noise. */
import { decodeNoiseFrame, encodeNoisePayload, type NoiseMessageNumber } from '../../../wire/noise.js';
import type { Match } from '../match.js';
import type { ExpectOptions, FrameOptions, HeardPayload, NoisePayloadOptions } from '../script/commands.js';
import { expectMessage, type Performers } from './expecting.js';
import { misused, type Waiting } from './failure.js';
import { expectSealed, mapTaken, sendFramed, sendSealed } from './sealed.js';
import { take, type Taken } from './source.js';
import type { Stage } from './stage.js';

const NO_PAYLOAD = new Uint8Array(0);
const BOTH_WAYS = { sending: true, receiving: true };

export const performNoise: Performers<'noise'> = {
  'noise.sendMessage1': (stage, [options]) => sendMessage(stage, 1, NO_PAYLOAD, options),
  'noise.expectMessage1': (stage, [options]) => {
    const read = () => readMessage(stage, (payload) => payload);
    return expectMessage(stage, { ...due(1), match: undefined, options, source: stage.wire, read });
  },
  'noise.sendMessage2': (stage, [options]) => sendMessage(stage, 2, payloadOf(stage, options), options),
  'noise.expectMessage2': (stage, [match, options]) => expectPayload(stage, 2, match, options),
  'noise.sendMessage3': (stage, [options]) => {
    sendMessage(stage, 3, payloadOf(stage, options), options);
    stage.secure(stage.noise.channel, BOTH_WAYS);
    return undefined;
  },
  'noise.expectMessage3': (stage, [match, options]) => {
    const waiting = expectPayload(stage, 3, match, options);
    if (waiting === undefined) stage.secure(stage.noise.channel, BOTH_WAYS);
    return waiting;
  },
  'noise.sendFrame': (stage, [options]) => {
    if (options.body === undefined) throw misused('a frame needs a body');
    sendFramed(stage, 'noise', 'frame', 'uint16', stage.bytesOf(options.body), options);
    return undefined;
  },
  'noise.sendSealed': (stage, [plaintext, options]) => {
    sendSealed(stage, stage.noise.channel, 'sealed frame', stage.bytesOf(plaintext), options);
    return undefined;
  },
  'noise.expectSealed': (stage, [plaintext, options]) =>
    expectSealed(stage, stage.noise.channel, 'sealed frame', plaintext, options),
};

function due(number: NoiseMessageNumber): { readonly layer: string; readonly message: string } {
  return { layer: 'noise', message: `message ${number}` };
}

function sendMessage(
  stage: Stage,
  number: NoiseMessageNumber,
  payload: Uint8Array,
  options: FrameOptions,
): Waiting | undefined {
  const { layer, message } = due(number);
  const content = stage.noise.handshake.writeMessage(payload);
  sendFramed(stage, layer, message, 'uint16', content, options, { payload });
  return undefined;
}

/** The payload that an honest peer sends, but for what the options say. */
function payloadOf(stage: Stage, { identityKey, signature, streamMuxers, payload }: NoisePayloadOptions): Uint8Array {
  if (payload !== undefined) return stage.bytesOf(payload);
  return encodeNoisePayload({
    identityKey: identityKey === undefined ? stage.options.identity.publicKeyProtobuf : stage.bytesOf(identityKey),
    identitySignature:
      signature === undefined || signature === 'wrong'
        ? stage.noise.signature(signature === 'wrong')
        : stage.bytesOf(signature),
    ...(streamMuxers === undefined ? {} : { extensions: { webtransportCerthashes: [], streamMuxers } }),
  });
}

function expectPayload(
  stage: Stage,
  number: 2 | 3,
  match: Match<HeardPayload>,
  options: ExpectOptions,
): Waiting | undefined {
  const read = () => readMessage(stage, (payload) => stage.noise.judge(payload));
  return expectMessage(stage, { ...due(number), match, options, source: stage.wire, read }, ({ peer, verified }) => {
    if (verified) stage.remotePeer = peer;
  });
}

/** The next handshake message, decrypted and decoded. */
function readMessage<Value>(stage: Stage, decode: (payload: Uint8Array) => Value): Taken<Value> | undefined {
  return mapTaken(
    take(stage.wire, (bytes) => decodeNoiseFrame(bytes)),
    (content) => decode(stage.noise.handshake.readMessage(content)),
  );
}
