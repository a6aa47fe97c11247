/** What the steps of every muxer share: expecting its frames, and the streams that the peer opens. */
import { decodeMultistreamMessage, MULTISTREAM_ID } from '../../../wire/multistream.js';
import type { Match } from '../match.js';
import type { ExpectOptions } from '../script/commands.js';
import { expectedLines, expectMessage, judge, reading } from './expecting.js';
import type { Waiting } from './failure.js';
import { MARK, type Arrival, type SessionState } from './session-state.js';
import { unreadOf, type Taken } from './source.js';
import type { Stage } from './stage.js';

/** Whether a frame opens a stream, and no step has asked for that. */
export const isOpening = ({ stream, marks, takenMarks }: Arrival): boolean =>
  stream !== 0 && (marks & MARK.SYN) !== 0 && (takenMarks & MARK.SYN) === 0;

/** The peer's next stream; it gets the name. */
export function expectOpen<Frame>(
  stage: Stage,
  session: SessionState<Frame>,
  name: string,
  match: Match<Frame>,
  options: ExpectOptions,
): Waiting | undefined {
  const accepted = (arrival: Arrival<Frame>): void => opened(session, name, arrival);
  return expectFrame(stage, session, 'SYN of a stream', match, options, isOpening, accepted);
}

/** The stream on which the peer proposes `protocol`. */
export function expectOpenFor<Frame>(
  stage: Stage,
  session: SessionState<Frame>,
  name: string,
  protocol: string,
  options: ExpectOptions,
): Waiting | undefined {
  const proposes = (arrival: Arrival<Frame>): boolean =>
    isOpening(arrival) && proposalIn(session.unreadOn(arrival.stream)) === protocol;
  const message = `SYN of a stream for ${protocol}`;
  const accepted = (arrival: Arrival<Frame>): void => opened(session, name, arrival);
  return expectFrame(stage, session, message, undefined, options, proposes, accepted);
}

/** A SYN is asked for apart from the data that may come with it. */
function opened(session: SessionState, name: string, arrival: Arrival): void {
  session.add(name, arrival.stream);
  arrival.takenMarks |= MARK.SYN;
  arrival.taken = arrival.data === undefined || arrival.data.length === 0;
}

/** The first frame that no step has asked for and that `fits`. */
export function expectFrame<Frame>(
  stage: Stage,
  session: SessionState<Frame>,
  message: string,
  match: Match<Frame> | undefined,
  options: ExpectOptions,
  fits: (arrival: Arrival<Frame>) => boolean,
  accepted: (arrival: Arrival<Frame>) => void = (arrival) => void (arrival.taken = true),
): Waiting | undefined {
  let found: Arrival<Frame> | undefined;
  const read = (): Taken<Frame> | undefined => {
    found = session.waiting().find(fits);
    return found === undefined ? undefined : { value: found.frame, bytes: found.bytes };
  };
  const expectation = { layer: session.layer, message, match, options, source: stage.source, read, noted: true };
  return expectMessage(stage, expectation, () => {
    if (found !== undefined) accepted(found);
  });
}

/** As {@link expectFrame}, where only the number matters that such a frame carries. */
export function expectValue<Frame>(
  stage: Stage,
  session: SessionState<Frame>,
  message: string,
  match: Match<number> | undefined,
  options: ExpectOptions,
  fits: (arrival: Arrival<Frame>) => boolean,
  accepted: (value: number) => void = () => undefined,
): Waiting | undefined {
  const expected = expectedLines(message, match);
  const arrival = reading(expected, () => session.waiting().find(fits));
  if (arrival === undefined) return { expected, unread: () => unreadOf(stage.source) };
  const { value, bytes } = arrival;
  judge(expected, match, value, bytes);
  arrival.taken = true;
  if (options.as !== undefined) stage.saved.set(options.as, { value, bytes });
  accepted(value);
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
