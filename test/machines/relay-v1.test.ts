import { expect, test } from '@jest/globals';
import { relayV1Machine, type RelayV1Event as Event } from '../../src/machines/relay-v1.js';
import { deadline, walk } from '../support/walk.js';

const input = { timeoutMs: 10_000 };
const failed = (code: string) => ({ type: 'report.failed', code });
const answered = { type: 'report.answered' };
const status = (name: string) => ({ type: 'send.status', status: name });
const timeout = deadline('relayTimeout', 'relayV1') as Event;

const cases: { name: string; events: Event[]; state: string; effects: object[] }[] = [
  { name: 'nothing yet', events: [], state: 'awaitingQuestion', effects: [] },
  {
    name: 'whether we relay',
    events: [{ type: 'wire.canHop' }],
    state: 'refused',
    effects: [status('cannotRelay'), answered],
  },
  { name: 'to relay it', events: [{ type: 'wire.hop' }], state: 'refused', effects: [status('cannotRelay'), answered] },
  {
    name: 'to be reached',
    events: [{ type: 'wire.stop' }],
    state: 'refused',
    effects: [status('relayRefused'), answered],
  },
  {
    name: 'an answer',
    events: [{ type: 'wire.status' }],
    state: 'malformed',
    effects: [status('malformed'), failed('ERR_RELAY_V1_BAD_MESSAGE')],
  },
  {
    name: 'nonsense',
    events: [{ type: 'wire.invalid' }],
    state: 'malformed',
    effects: [status('malformed'), failed('ERR_RELAY_V1_BAD_MESSAGE')],
  },
  {
    name: 'too much',
    events: [{ type: 'wire.tooLarge' }],
    state: 'tooLarge',
    effects: [failed('ERR_RELAY_V1_TOO_LARGE')],
  },
  { name: 'the end', events: [{ type: 'stream.ended' }], state: 'ended', effects: [failed('ERR_RELAY_V1_ENDED')] },
  { name: 'silence', events: [timeout], state: 'timedOut', effects: [failed('ERR_RELAY_V1_TIMEOUT')] },
];

test.each(cases)('$name -> $state', ({ events, state, effects }) => {
  const end = walk(relayV1Machine, input, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});
