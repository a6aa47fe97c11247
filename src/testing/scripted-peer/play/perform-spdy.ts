/** Performs the steps of a spdy session. */
import { SPDY_REQUEST_HEADERS } from '../../../wire/spdy-headers.js';
import type { HeardSpdyFrame, SendSpdyFrame, SpdySettings } from '../script/muxer-commands.js';
import type { Performers } from './expecting.js';
import type { Waiting } from './failure.js';
import { expectFrame, expectOpen, expectOpenFor, expectValue } from './perform-session.js';
import type { Arrival } from './session-state.js';
import type { Stage } from './stage.js';

export const performSpdy: Performers<'spdy'> = {
  'spdy.open': (stage, [name, { id, headers = SPDY_REQUEST_HEADERS }]) => {
    const chosen = id ?? stage.spdy.drawId('stream');
    stage.spdy.add(name, chosen);
    return send(stage, { type: 'synStream', stream: chosen, headers });
  },
  'spdy.expectOpen': (stage, [name, match, options]) => expectOpen(stage, stage.spdy, name, match, options),
  'spdy.expectOpenFor': (stage, [name, protocol, options]) => expectOpenFor(stage, stage.spdy, name, protocol, options),
  'spdy.sendFrame': (stage, [frame]) => send(stage, frame),
  'spdy.expectFrame': (stage, [match, options]) => expectFrame(stage, stage.spdy, 'frame', match, options, () => true),

  'spdy.sendSettings': (stage, [settings]) => send(stage, { type: 'settings', settings }),
  'spdy.expectSettings': (stage, [match, options]) => {
    const settings = match as SpdySettings;
    return expectFrame(stage, stage.spdy, 'settings', { settings }, options, isOf('settings'));
  },
  'spdy.grant': (stage, [value]) => send(stage, { type: 'windowUpdate', value }),
  'spdy.expectGrant': (stage, [match, options]) => {
    const isForSession = (arrival: Arrival<HeardSpdyFrame>): boolean => arrival.isCredit && arrival.stream === 0;
    return expectValue(stage, stage.spdy, 'credit of the session', match, options, isForSession);
  },
  'spdy.sendPing': (stage, [value = stage.spdy.drawId('ping')]) => {
    stage.spdy.lastPing = { ...stage.spdy.lastPing, sent: value };
    return send(stage, { type: 'ping', value });
  },
  'spdy.sendPong': (stage, [value = stage.spdy.lastPing.heard ?? 0]) => send(stage, { type: 'ping', value }),
  'spdy.expectPing': (stage, [match, options]) =>
    expectValue(stage, stage.spdy, 'ping', match, options, isPing(stage, true), (heard) => {
      stage.spdy.lastPing = { ...stage.spdy.lastPing, heard };
    }),
  'spdy.expectPong': (stage, [match = stage.spdy.lastPing.sent, options]) =>
    expectValue(stage, stage.spdy, 'answer to a ping', match, options, isPing(stage, false)),
  'spdy.sendGoAway': (stage, [value]) => send(stage, { type: 'goAway', value }),
  'spdy.expectGoAway': (stage, [match, options]) =>
    expectValue(stage, stage.spdy, 'go-away', match, options, isOf('goAway')),
};

function send(stage: Stage, frame: SendSpdyFrame): Waiting | undefined {
  stage.spdy.sendFrame(frame);
  return undefined;
}

const isOf =
  (type: string) =>
  ({ frame }: Arrival<HeardSpdyFrame>): boolean =>
    frame.type === type;

const isPing =
  (stage: Stage, asking: boolean) =>
  ({ frame, value }: Arrival<HeardSpdyFrame>): boolean =>
    frame.type === 'ping' && stage.spdy.asks(value) === asking;
