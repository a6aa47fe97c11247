/** Performs the steps of a yamux session. */
import { decodeMultistreamMessage, MULTISTREAM_ID } from '../../../wire/multistream.js';
import { YAMUX_FLAG } from '../../../wire/yamux.js';
import type { Match } from '../match.js';
import type { ExpectOptions, HeardYamuxFrame } from '../script/commands.js';
import { expectedLines, expectMessage, judge, reading, type Performers } from './expecting.js';
import type { Waiting } from './failure.js';
import { unreadOf, type Taken } from './source.js';
import type { Stage } from './stage.js';
import type { Arrival } from './yamux-state.js';

const { SYN, ACK } = YAMUX_FLAG;

export const performYamux: Performers<'yamux'> = {
  'yamux.open': (stage, [name, { id, windowBytes = 0 }]) => {
    const chosen = id ?? stage.yamux.drawId();
    stage.yamux.add(name, chosen);
    stage.yamux.sendFrame({ type: 'windowUpdate', flags: SYN, stream: chosen, length: windowBytes });
    return undefined;
  },
  'yamux.expectOpen': (stage, [name, match, options]) =>
    expectFrame(stage, 'SYN of a stream', match, options, isOpening, (arrival) => opened(stage, name, arrival)),
  'yamux.expectOpenFor': (stage, [name, protocol, options]) => {
    const proposes = (arrival: Arrival): boolean =>
      isOpening(arrival) && proposalIn(stage.yamux.unreadOn(arrival.frame.stream)) === protocol;
    return expectFrame(stage, `SYN of a stream for ${protocol}`, {}, options, proposes, (arrival) =>
      opened(stage, name, arrival),
    );
  },
  'yamux.sendFrame': (stage, [frame]) => {
    stage.yamux.sendFrame(frame);
    return undefined;
  },
  'yamux.expectFrame': (stage, [match, options]) => expectFrame(stage, 'frame', match, options, () => true),
  'yamux.sendPing': (stage, [value]) => {
    stage.yamux.lastPing = { ...stage.yamux.lastPing, sent: value };
    stage.yamux.sendFrame({ type: 'ping', flags: SYN, length: value });
    return undefined;
  },
  'yamux.sendPong': (stage, [value = stage.yamux.lastPing.heard ?? 0]) => {
    stage.yamux.sendFrame({ type: 'ping', flags: ACK, length: value });
    return undefined;
  },
  'yamux.expectPing': (stage, [value, options]) =>
    expectValue(stage, 'ping', value, options, isPing(SYN), (heard) => {
      stage.yamux.lastPing = { ...stage.yamux.lastPing, heard };
    }),
  'yamux.expectPong': (stage, [value = stage.yamux.lastPing.sent, options]) =>
    expectValue(stage, 'answer to a ping', value, options, isPing(ACK)),
  'yamux.sendGoAway': (stage, [code]) => {
    stage.yamux.sendFrame({ type: 'goAway', length: code });
    return undefined;
  },
  'yamux.expectGoAway': (stage, [code, options]) =>
    expectValue(stage, 'go-away', code, options, ({ frame }) => frame.type === 'goAway'),
};

const isOpening = ({ frame, flags, takenFlags }: Arrival): boolean =>
  frame.type !== 'ping' && (flags & SYN) !== 0 && (takenFlags & SYN) === 0;

const isPing =
  (flag: number) =>
  ({ frame, flags }: Arrival): boolean =>
    frame.type === 'ping' && (flags & flag) !== 0;

/** A SYN is asked for apart from the data that may come with it. */
function opened(stage: Stage, name: string, arrival: Arrival): void {
  stage.yamux.add(name, arrival.frame.stream);
  arrival.takenFlags |= SYN;
  arrival.taken = arrival.frame.type !== 'data' || arrival.frame.length === 0;
}

/** The first frame that no step has asked for and that `fits`. */
function expectFrame(
  stage: Stage,
  message: string,
  match: Match<HeardYamuxFrame>,
  options: ExpectOptions,
  fits: (arrival: Arrival) => boolean,
  accepted: (arrival: Arrival) => void = (arrival) => void (arrival.taken = true),
): Waiting | undefined {
  let found: Arrival | undefined;
  const read = (): Taken<HeardYamuxFrame> | undefined => {
    found = stage.yamux.waiting().find(fits);
    return found === undefined ? undefined : { value: found.frame, bytes: found.bytes };
  };
  const expectation = { layer: 'yamux', message, match, options, source: stage.source, read, noted: true };
  return expectMessage(stage, expectation, () => {
    if (found !== undefined) accepted(found);
  });
}

/** As {@link expectFrame}, where only the number matters that such a frame carries as its length. */
function expectValue(
  stage: Stage,
  message: string,
  match: Match<number> | undefined,
  options: ExpectOptions,
  fits: (arrival: Arrival) => boolean,
  accepted: (value: number) => void = () => undefined,
): Waiting | undefined {
  const expected = expectedLines(message, match);
  const arrival = reading(expected, () => stage.yamux.waiting().find(fits));
  if (arrival === undefined) return { expected, unread: () => unreadOf(stage.source) };
  const { frame, bytes } = arrival;
  judge(expected, match, frame.length, bytes);
  arrival.taken = true;
  if (options.as !== undefined) stage.saved.set(options.as, { value: frame.length, bytes });
  accepted(frame.length);
  return undefined;
}

/** The first protocol proposed in what a dialer of multistream sent; `undefined` while it is not all here. */
function proposalIn(bytes: Uint8Array): string | undefined {
  try {
    const header = decodeMultistreamMessage(bytes);
    if (header?.value !== MULTISTREAM_ID) return undefined;
    return decodeMultistreamMessage(bytes, header.size)?.value;
  } catch {
    // Whatever else it is, it is no proposal.
    return undefined;
  }
}
