import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import {
  multistreamLazyDialerMachine,
  type MultistreamLazyDialerEvent,
} from '../../src/machines/multistream-lazy-dialer.js';
import { deadline, walk } from '../support/walk.js';

type Event = MultistreamLazyDialerEvent;

const input = { protocol: '/echo/1.0.0', timeoutMs: 10_000 };
const header: Event = { type: 'wire.header' };
const na: Event = { type: 'wire.na' };
const ls: Event = { type: 'wire.ls' };
const invalid: Event = { type: 'wire.invalid' };
const surplus: Event = { type: 'wire.surplus' };
const ended: Event = { type: 'transport.ended' };
const leave: Event = { type: 'local.leave' };
const protocol = (id: string): Event => ({ type: 'wire.protocol', protocol: id });
const timeout = deadline('negotiationTimeout', 'multistreamLazyDialer') as Event;

const opening = [
  { type: 'send.header' },
  { type: 'send.protocol', protocol: '/echo/1.0.0' },
  { type: 'report.selected', protocol: '/echo/1.0.0' },
];
const failed = (code: string): object[] => [{ type: 'report.failed', code }];
const UNEXPECTED = failed('ERR_MULTISTREAM_UNEXPECTED');
const BAD_HEADER = failed('ERR_MULTISTREAM_BAD_HEADER');

const cases: { name: string; events: Event[]; state: string; effects: object[] }[] = [
  { name: 'nothing heard yet', events: [], state: 'awaitingHeader', effects: [] },
  { name: 'the header', events: [header], state: 'awaitingEcho', effects: [] },
  {
    name: 'the echo',
    events: [header, protocol('/echo/1.0.0')],
    state: 'confirmed',
    effects: [{ type: 'report.confirmed' }],
  },
  { name: 'na', events: [header, na], state: 'refused', effects: failed('ERR_MULTISTREAM_NO_OVERLAP') },
  { name: 'an echo of something else', events: [header, protocol('/b')], state: 'unexpected', effects: UNEXPECTED },
  { name: 'a second header', events: [header, header], state: 'unexpected', effects: UNEXPECTED },
  { name: 'ls', events: [header, ls], state: 'unexpected', effects: UNEXPECTED },
  { name: 'what only a listener hears', events: [header, surplus], state: 'unexpected', effects: UNEXPECTED },
  { name: 'the echo first', events: [protocol('/echo/1.0.0')], state: 'badHeader', effects: BAD_HEADER },
  { name: 'na first', events: [na], state: 'badHeader', effects: BAD_HEADER },
  { name: 'ls first', events: [ls], state: 'badHeader', effects: BAD_HEADER },
  { name: 'garbage', events: [invalid], state: 'badMessage', effects: failed('ERR_MULTISTREAM_BAD_MESSAGE') },
  {
    name: 'garbage behind the header',
    events: [header, invalid],
    state: 'badMessage',
    effects: failed('ERR_MULTISTREAM_BAD_MESSAGE'),
  },
  { name: 'the end', events: [ended], state: 'ended', effects: failed('ERR_MULTISTREAM_ENDED') },
  {
    name: 'the end behind the header',
    events: [header, ended],
    state: 'ended',
    effects: failed('ERR_MULTISTREAM_ENDED'),
  },
  { name: 'silence', events: [timeout], state: 'timedOut', effects: failed('ERR_MULTISTREAM_TIMEOUT') },
  {
    name: 'silence behind the header',
    events: [header, timeout],
    state: 'timedOut',
    effects: failed('ERR_MULTISTREAM_TIMEOUT'),
  },
  { name: 'a reader that leaves', events: [leave], state: 'left', effects: [] },
  { name: 'a reader that leaves behind the header', events: [header, leave], state: 'left', effects: [] },
];

describe('multistream lazy dialer', () => {
  test.each(cases)('$name -> $state', ({ events, state, effects }) => {
    const { snapshot, effects: seen } = walk(multistreamLazyDialerMachine, input, events);
    expect(snapshot.value).toBe(state);
    expect(seen).toEqual([...opening, ...effects]);
  });

  test('every state is reached, the deadline included', () => {
    const events = [header, na, ended, invalid, leave, timeout, protocol('/b'), protocol('/echo/1.0.0')];
    const reached = getShortestPaths(multistreamLazyDialerMachine, { input, events });
    expect(new Set(reached.map((path) => path.state.value))).toEqual(
      new Set(Object.keys(multistreamLazyDialerMachine.states)),
    );
  });
});
