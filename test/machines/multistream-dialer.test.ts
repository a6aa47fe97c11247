import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import type { MultistreamEvent } from '../../src/machines/multistream.js';
import { multistreamDialerMachine } from '../../src/machines/multistream-dialer.js';
import { deadline, walk } from '../support/walk.js';

const input = { protocols: ['/noise', '/secio/1.0.0'], timeoutMs: 10_000 };
const header: MultistreamEvent = { type: 'wire.header' };
const na: MultistreamEvent = { type: 'wire.na' };
const ls: MultistreamEvent = { type: 'wire.ls' };
const invalid: MultistreamEvent = { type: 'wire.invalid' };
const ended: MultistreamEvent = { type: 'transport.ended' };
const surplus: MultistreamEvent = { type: 'wire.surplus' };
const protocol = (id: string): MultistreamEvent => ({ type: 'wire.protocol', protocol: id });
const timeout = deadline('negotiationTimeout', 'multistreamDialer') as MultistreamEvent;

const opening = [{ type: 'send.header' }, { type: 'send.protocol', protocol: '/noise' }];
const second = { type: 'send.protocol', protocol: '/secio/1.0.0' };
const failed = (code: string) => ({ type: 'report.failed', code });
const selected = (id: string) => ({ type: 'report.selected', protocol: id });

const cases: { name: string; events: MultistreamEvent[]; state: string; effects: object[] }[] = [
  { name: 'nothing heard yet', events: [], state: 'awaitingHeader', effects: [] },
  { name: 'header heard', events: [header], state: 'awaitingReply', effects: [] },
  {
    name: 'first proposal is echoed',
    events: [header, protocol('/noise')],
    state: 'selected',
    effects: [selected('/noise')],
  },
  { name: 'first proposal is declined', events: [header, na], state: 'awaitingReply', effects: [second] },
  {
    name: 'second proposal is echoed',
    events: [header, na, protocol('/secio/1.0.0')],
    state: 'selected',
    effects: [second, selected('/secio/1.0.0')],
  },
  {
    name: 'all are declined',
    events: [header, na, na],
    state: 'noOverlap',
    effects: [second, failed('ERR_MULTISTREAM_NO_OVERLAP')],
  },
  {
    name: 'header comes twice',
    events: [header, header],
    state: 'unexpected',
    effects: [failed('ERR_MULTISTREAM_UNEXPECTED')],
  },
  {
    name: 'echo of something not proposed',
    events: [header, protocol('/tls/1.0.0')],
    state: 'unexpected',
    effects: [failed('ERR_MULTISTREAM_UNEXPECTED')],
  },
  {
    name: 'echo of the next proposal',
    events: [header, protocol('/secio/1.0.0')],
    state: 'unexpected',
    effects: [failed('ERR_MULTISTREAM_UNEXPECTED')],
  },
  {
    name: 'late echo of what was declined',
    events: [header, na, protocol('/noise')],
    state: 'unexpected',
    effects: [second, failed('ERR_MULTISTREAM_UNEXPECTED')],
  },
  {
    name: 'a listener asks for a list',
    events: [header, ls],
    state: 'unexpected',
    effects: [failed('ERR_MULTISTREAM_UNEXPECTED')],
  },
  {
    name: 'an event of no meaning here',
    events: [surplus],
    state: 'unexpected',
    effects: [failed('ERR_MULTISTREAM_UNEXPECTED')],
  },
  {
    name: 'echo without header',
    events: [protocol('/noise')],
    state: 'badHeader',
    effects: [failed('ERR_MULTISTREAM_BAD_HEADER')],
  },
  { name: 'na to the header', events: [na], state: 'badHeader', effects: [failed('ERR_MULTISTREAM_BAD_HEADER')] },
  {
    name: 'ls instead of the header',
    events: [ls],
    state: 'badHeader',
    effects: [failed('ERR_MULTISTREAM_BAD_HEADER')],
  },
  { name: 'garbage at once', events: [invalid], state: 'badMessage', effects: [failed('ERR_MULTISTREAM_BAD_MESSAGE')] },
  {
    name: 'garbage after the header',
    events: [header, invalid],
    state: 'badMessage',
    effects: [failed('ERR_MULTISTREAM_BAD_MESSAGE')],
  },
  { name: 'silence', events: [timeout], state: 'timedOut', effects: [failed('ERR_MULTISTREAM_TIMEOUT')] },
  {
    name: 'silence after the header',
    events: [header, timeout],
    state: 'timedOut',
    effects: [failed('ERR_MULTISTREAM_TIMEOUT')],
  },
  { name: 'end at once', events: [ended], state: 'ended', effects: [failed('ERR_MULTISTREAM_ENDED')] },
  { name: 'end after the header', events: [header, ended], state: 'ended', effects: [failed('ERR_MULTISTREAM_ENDED')] },
];

test.each(cases)('$name -> $state', ({ events, state, effects }) => {
  const end = walk(multistreamDialerMachine, input, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects: [...opening, ...effects] });
});

describe('the whole chart', () => {
  const events = [header, na, ls, invalid, ended, surplus, protocol('/noise'), protocol('/secio/1.0.0'), timeout];
  const paths = getShortestPaths(multistreamDialerMachine, {
    input,
    events,
    stopWhen: (state) => state.status === 'done',
  });

  test('every state is reachable, the deadline included', () => {
    const reached = paths.map((path) => path.state.value);
    expect(new Set(reached)).toEqual(new Set(Object.keys(multistreamDialerMachine.states)));
  });

  test('every final state says its outcome once, and no other state does', () => {
    for (const path of paths) {
      const heard = path.steps.map((step) => step.event).filter((event) => (event.type as string) !== 'xstate.init');
      const reports = walk(multistreamDialerMachine, input, heard).effects.filter(({ type }) =>
        type.startsWith('report.'),
      );
      expect({ state: path.state.value, reports: reports.length }).toEqual({
        state: path.state.value,
        reports: path.state.status === 'done' ? 1 : 0,
      });
    }
  });
});
