/** Frames of the security layer, sealed or not: sending them as the options say, and expecting them. */
import type { Match } from '../match.js';
import type { ExpectOptions, FrameOptions } from '../script/commands.js';
import type { Channel } from './channel.js';
import { framed, type Prefix } from './cutting.js';
import { expectMessage } from './expecting.js';
import type { Waiting } from './failure.js';
import { readable, type Taken } from './source.js';
import type { Stage } from './stage.js';

/** Sends `content`, or the body of the options, with its length in front, past the channel. */
export function sendFramed(
  stage: Stage,
  layer: string,
  message: string,
  prefix: Prefix,
  content: Uint8Array,
  options: FrameOptions,
  value?: unknown,
): void {
  const body = options.body === undefined ? content : stage.bytesOf(options.body);
  const outgoing = framed(prefix, body, options);
  stage.note({ direction: 'sent', layer, message, ...(value === undefined ? {} : { value }), bytes: outgoing.bytes });
  stage.sendFrame(outgoing, options.cut);
}

/** Seals `plaintext` and sends it in a frame of its own. */
export function sendSealed(
  stage: Stage,
  channel: Channel,
  message: string,
  plaintext: Uint8Array,
  options: FrameOptions,
): void {
  sendFramed(stage, channel.name, message, channel.prefix, channel.seal(plaintext), options, { plaintext });
}

/** The next sealed frame, opened. */
export function expectSealed(
  stage: Stage,
  channel: Channel,
  message: string,
  match: Match<Uint8Array> | undefined,
  options: ExpectOptions,
): Waiting | undefined {
  const read = (): Taken<Uint8Array> | undefined => stage.openFrame(channel);
  return expectMessage(stage, { layer: channel.name, message, match, options, source: stage.wire, read });
}

/** What was taken, decoded further; what does not decode is told with the whole message's bytes. */
export function mapTaken<Value>(
  taken: Taken<Uint8Array> | undefined,
  decode: (content: Uint8Array) => Value,
): Taken<Value> | undefined {
  if (taken === undefined) return undefined;
  return { value: readable(taken.bytes, () => decode(taken.value)), bytes: taken.bytes };
}
