/** Performs the steps of a yamux session. */
import type { HeardYamuxFrame } from '../script/commands.js';
import type { Performers } from './expecting.js';
import { expectFrame, expectOpen, expectOpenFor, expectValue } from './perform-session.js';
import { MARK, type Arrival } from './session-state.js';

const { SYN, ACK } = MARK;

export const performYamux: Performers<'yamux'> = {
  'yamux.open': (stage, [name, { id, windowBytes = 0 }]) => {
    const chosen = id ?? stage.yamux.drawId();
    stage.yamux.add(name, chosen);
    stage.yamux.sendFrame({ type: 'windowUpdate', flags: SYN, stream: chosen, length: windowBytes });
    return undefined;
  },
  'yamux.expectOpen': (stage, [name, match, options]) => expectOpen(stage, stage.yamux, name, match, options),
  'yamux.expectOpenFor': (stage, [name, protocol, options]) =>
    expectOpenFor(stage, stage.yamux, name, protocol, options),
  'yamux.sendFrame': (stage, [frame]) => {
    stage.yamux.sendFrame(frame);
    return undefined;
  },
  'yamux.expectFrame': (stage, [match, options]) =>
    expectFrame(stage, stage.yamux, 'frame', match, options, () => true),
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
    expectValue(stage, stage.yamux, 'ping', value, options, isPing(SYN), (heard) => {
      stage.yamux.lastPing = { ...stage.yamux.lastPing, heard };
    }),
  'yamux.expectPong': (stage, [value = stage.yamux.lastPing.sent, options]) =>
    expectValue(stage, stage.yamux, 'answer to a ping', value, options, isPing(ACK)),
  'yamux.sendGoAway': (stage, [code]) => {
    stage.yamux.sendFrame({ type: 'goAway', length: code });
    return undefined;
  },
  'yamux.expectGoAway': (stage, [code, options]) =>
    expectValue(stage, stage.yamux, 'go-away', code, options, ({ frame }) => frame.type === 'goAway'),
};

const isPing =
  (flag: number) =>
  ({ frame, marks }: Arrival<HeardYamuxFrame>): boolean =>
    frame.type === 'ping' && (marks & flag) !== 0;
