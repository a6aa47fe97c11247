import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import type { MultistreamEvent } from '../../src/machines/multistream.js';
import { multistreamListenerMachine } from '../../src/machines/multistream-listener.js';
import { deadline, walk } from '../support/walk.js';

const input = { maxProposals: 2, maxLists: 1, timeoutMs: 10_000 };
const header: MultistreamEvent = { type: 'wire.header' };
const na: MultistreamEvent = { type: 'wire.na' };
const ls: MultistreamEvent = { type: 'wire.ls' };
const invalid: MultistreamEvent = { type: 'wire.invalid' };
const surplus: MultistreamEvent = { type: 'wire.surplus' };
const ended: MultistreamEvent = { type: 'transport.ended' };
const known: MultistreamEvent = { type: 'wire.protocol', protocol: '/noise', supported: true };
const unknown: MultistreamEvent = { type: 'wire.protocol', protocol: '/tls/1.0.0', supported: false };
const timeout = deadline('negotiationTimeout', 'multistreamListener') as MultistreamEvent;

const sendHeader = { type: 'send.header' };
const sendNa = { type: 'send.na' };
const sendList = { type: 'send.list' };
const echo = { type: 'send.protocol', protocol: '/noise' };
const failed = (code: string) => ({ type: 'report.failed', code });
const selected = { type: 'report.selected', protocol: '/noise' };

const cases: { name: string; events: MultistreamEvent[]; state: string; effects: object[] }[] = [
  { name: 'nothing heard yet: nothing said', events: [], state: 'awaitingHeader', effects: [] },
  { name: 'header is answered', events: [header], state: 'awaitingProposal', effects: [sendHeader] },
  {
    name: 'a known protocol is echoed',
    events: [header, known],
    state: 'selected',
    effects: [sendHeader, echo, selected],
  },
  {
    name: 'an unknown protocol is declined',
    events: [header, unknown],
    state: 'awaitingProposal',
    effects: [sendHeader, sendNa],
  },
  { name: 'ls is answered', events: [header, ls], state: 'awaitingProposal', effects: [sendHeader, sendList] },
  {
    name: 'ls, a decline, then agreement',
    events: [header, ls, unknown, known],
    state: 'selected',
    effects: [sendHeader, sendList, sendNa, echo, selected],
  },
  {
    name: 'one unknown protocol past the limit',
    events: [header, unknown, unknown, unknown],
    state: 'tooMany',
    effects: [sendHeader, sendNa, sendNa, failed('ERR_MULTISTREAM_TOO_MANY')],
  },
  {
    name: 'one list past the limit',
    events: [header, ls, unknown, ls],
    state: 'tooMany',
    effects: [sendHeader, sendList, sendNa, failed('ERR_MULTISTREAM_TOO_MANY')],
  },
  {
    name: 'header comes twice',
    events: [header, header],
    state: 'unexpected',
    effects: [sendHeader, failed('ERR_MULTISTREAM_UNEXPECTED')],
  },
  {
    name: 'a dialer that says na',
    events: [header, na],
    state: 'unexpected',
    effects: [sendHeader, failed('ERR_MULTISTREAM_UNEXPECTED')],
  },
  {
    name: 'payload behind a declined proposal is not read as a proposal',
    events: [header, unknown, surplus],
    state: 'unexpected',
    effects: [sendHeader, sendNa, failed('ERR_MULTISTREAM_UNEXPECTED')],
  },
  {
    name: 'proposal without header',
    events: [known],
    state: 'badHeader',
    effects: [failed('ERR_MULTISTREAM_BAD_HEADER')],
  },
  {
    name: 'na instead of the header',
    events: [na],
    state: 'badHeader',
    effects: [failed('ERR_MULTISTREAM_BAD_HEADER')],
  },
  {
    name: 'ls instead of the header',
    events: [ls],
    state: 'badHeader',
    effects: [failed('ERR_MULTISTREAM_BAD_HEADER')],
  },
  { name: 'garbage at once', events: [invalid], state: 'badMessage', effects: [failed('ERR_MULTISTREAM_BAD_MESSAGE')] },
  {
    name: 'garbage as proposal',
    events: [header, invalid],
    state: 'badMessage',
    effects: [sendHeader, failed('ERR_MULTISTREAM_BAD_MESSAGE')],
  },
  { name: 'silence', events: [timeout], state: 'timedOut', effects: [failed('ERR_MULTISTREAM_TIMEOUT')] },
  {
    name: 'silence after the header',
    events: [header, timeout],
    state: 'timedOut',
    effects: [sendHeader, failed('ERR_MULTISTREAM_TIMEOUT')],
  },
  { name: 'end at once', events: [ended], state: 'ended', effects: [failed('ERR_MULTISTREAM_ENDED')] },
  {
    name: 'end after the header',
    events: [header, ended],
    state: 'ended',
    effects: [sendHeader, failed('ERR_MULTISTREAM_ENDED')],
  },
];

test.each(cases)('$name -> $state', ({ events, state, effects }) => {
  const end = walk(multistreamListenerMachine, input, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});

describe('the whole chart', () => {
  const events = [header, na, ls, invalid, surplus, ended, known, unknown, timeout];
  const paths = getShortestPaths(multistreamListenerMachine, {
    input,
    events,
    stopWhen: (state) => state.status === 'done',
  });

  test('every state is reachable, the deadline included', () => {
    const reached = paths.map((path) => path.state.value);
    expect(new Set(reached)).toEqual(new Set(Object.keys(multistreamListenerMachine.states)));
  });

  test('every final state says its outcome once, and no other state does', () => {
    for (const path of paths) {
      const heard = path.steps.map((step) => step.event).filter((event) => (event.type as string) !== 'xstate.init');
      const reports = walk(multistreamListenerMachine, input, heard).effects.filter(({ type }) =>
        type.startsWith('report.'),
      );
      expect({ state: path.state.value, reports: reports.length }).toEqual({
        state: path.state.value,
        reports: path.state.status === 'done' ? 1 : 0,
      });
    }
  });
});
