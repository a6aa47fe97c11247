import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { rendezvousAnswerMachine, type RendezvousAnswerEvent } from '../../src/machines/rendezvous-answer.js';
import {
  rendezvousRegistrationMachine,
  type RendezvousRegistrationEvent,
} from '../../src/machines/rendezvous-registration.js';
import { rendezvousRequestMachine, type RendezvousRequestEvent } from '../../src/machines/rendezvous-request.js';
import { deadline, walk } from '../support/walk.js';

const failed = (code: string) => ({ type: 'report.failed', code });
const of = <Type extends string>(type: Type): { readonly type: Type } => ({ type });

describe('asking', () => {
  const input = { timeoutMs: 10_000 };
  const send = { type: 'send.request' };
  const timeout = deadline('rendezvousTimeout', 'rendezvousRequest') as RendezvousRequestEvent;

  test.each<[name: string, events: RendezvousRequestEvent[], state: string, effects: object[]]>([
    ['the request', [], 'awaitingResponse', [send]],
    ['its response', [of('wire.response')], 'answered', [send, { type: 'report.answered' }]],
    [
      'a refusal',
      [{ type: 'wire.refused', code: 'ERR_RENDEZVOUS_UNAVAILABLE' }],
      'refused',
      [send, failed('ERR_RENDEZVOUS_UNAVAILABLE')],
    ],
    ['another response', [of('wire.otherResponse')], 'malformed', [send, failed('ERR_RENDEZVOUS_BAD_MESSAGE')]],
    ['nonsense', [of('wire.invalid')], 'malformed', [send, failed('ERR_RENDEZVOUS_BAD_MESSAGE')]],
    ['too much', [of('wire.tooLarge')], 'tooLarge', [send, failed('ERR_RENDEZVOUS_TOO_LARGE')]],
    ['an end', [of('stream.ended')], 'ended', [send, failed('ERR_RENDEZVOUS_ENDED')]],
    ['silence', [timeout], 'timedOut', [send, failed('ERR_RENDEZVOUS_TIMEOUT')]],
    ['what nobody sends', [of('strange') as never], 'unexpected', [send, failed('ERR_RENDEZVOUS_UNEXPECTED')]],
  ])('%s', (_, events, state, effects) => {
    const end = walk(rendezvousRequestMachine, input, events);
    expect([end.state, end.effects]).toEqual([state, effects]);
  });
});

describe('answering', () => {
  const input = { timeoutMs: 10_000 };
  const silence = deadline('rendezvousTimeout', 'rendezvousAnswer.awaitingRequest') as RendezvousAnswerEvent;
  const stall = deadline('rendezvousTimeout', 'rendezvousAnswer.sendingResponse') as RendezvousAnswerEvent;
  const [register, discover, closed] = [of('wire.register'), of('wire.discover'), of('stream.closed')];
  const served = { type: 'report.served' };

  test.each<[name: string, events: RendezvousAnswerEvent[], state: string, effects: object[]]>([
    ['nothing yet', [], 'awaitingRequest', []],
    ['REGISTER', [register], 'sendingResponse', [{ type: 'answer.register' }]],
    ['REGISTER, and its response read', [register, closed], 'served', [{ type: 'answer.register' }, served]],
    ['DISCOVER, and its response read', [discover, closed], 'served', [{ type: 'answer.discover' }, served]],
    ['UNREGISTER', [of('wire.unregister')], 'served', [{ type: 'perform.unregister' }, served]],
    ['a response', [of('wire.response')], 'malformed', [failed('ERR_RENDEZVOUS_BAD_MESSAGE')]],
    ['nonsense', [of('wire.invalid')], 'malformed', [failed('ERR_RENDEZVOUS_BAD_MESSAGE')]],
    ['too much', [of('wire.tooLarge')], 'tooLarge', [failed('ERR_RENDEZVOUS_TOO_LARGE')]],
    ['an end', [of('stream.ended')], 'ended', [failed('ERR_RENDEZVOUS_ENDED')]],
    ['silence', [silence], 'timedOut', [failed('ERR_RENDEZVOUS_TIMEOUT')]],
    [
      'a response that nobody reads',
      [discover, stall],
      'stalled',
      [{ type: 'answer.discover' }, failed('ERR_RENDEZVOUS_STALLED')],
    ],
    [
      'a second request',
      [register, register],
      'unexpected',
      [{ type: 'answer.register' }, failed('ERR_RENDEZVOUS_UNEXPECTED')],
    ],
    ['an end of both sides before a request', [closed], 'unexpected', [failed('ERR_RENDEZVOUS_UNEXPECTED')]],
  ])('%s', (_, events, state, effects) => {
    const end = walk(rendezvousAnswerMachine, input, events);
    expect([end.state, end.effects]).toEqual([state, effects]);
  });
});

describe('being registered', () => {
  const input = { retryMs: 60_000 };
  const renewal = deadline('rendezvousRenewal', 'rendezvousRegistration.registered') as RendezvousRegistrationEvent;
  const retry = deadline('rendezvousRetry', 'rendezvousRegistration.waiting') as RendezvousRegistrationEvent;
  const taken: RendezvousRegistrationEvent = { type: 'point.registered', renewalMs: 5_000 };
  const refused: RendezvousRegistrationEvent = { type: 'point.failed', code: 'ERR_RENDEZVOUS_UNAVAILABLE' };
  const change: RendezvousRegistrationEvent = { type: 'local.change' };
  const stop: RendezvousRegistrationEvent = { type: 'local.stop' };
  const [send, held] = [{ type: 'send.register' }, { type: 'report.registered' }];
  const [goodbye, stopped] = [{ type: 'send.unregister' }, { type: 'report.stopped' }];
  const delayed = { type: 'report.delayed', code: 'ERR_RENDEZVOUS_UNAVAILABLE' };

  test.each<[name: string, events: RendezvousRegistrationEvent[], state: string, effects: object[]]>([
    ['it begins', [], 'registering', [send]],
    ['the point takes it', [taken], 'registered', [send, held]],
    ['the point refuses at first', [refused], 'failed', [send, failed('ERR_RENDEZVOUS_UNAVAILABLE')]],
    ['it is renewed', [taken, renewal], 'registering', [send, held, send]],
    ['and taken again', [taken, renewal, taken], 'registered', [send, held, send, held]],
    ['a renewal fails', [taken, renewal, refused], 'waiting', [send, held, send, delayed]],
    ['and is tried again', [taken, renewal, refused, retry], 'registering', [send, held, send, delayed, send]],
    [
      'with other addresses at once',
      [taken, renewal, refused, change],
      'registering',
      [send, held, send, delayed, send],
    ],
    ['other addresses', [taken, change], 'registering', [send, held, send]],
    ['other addresses while one is sent', [change], 'registering', [send]],
    ['they follow', [change, taken], 'registering', [send, send]],
    ['and all is well', [change, taken, taken], 'registered', [send, send, held]],
    ['stopped before the point took it', [stop], 'stopped', [send, goodbye, stopped]],
    ['stopped after', [taken, stop], 'stopped', [send, held, goodbye, stopped]],
    ['stopped in a renewal', [taken, renewal, stop], 'stopped', [send, held, send, goodbye, stopped]],
    [
      'stopped while it waits',
      [taken, renewal, refused, stop],
      'stopped',
      [send, held, send, delayed, goodbye, stopped],
    ],
    ['taken twice', [taken, taken], 'unexpected', [send, held, failed('ERR_RENDEZVOUS_UNEXPECTED')]],
  ])('%s', (_, events, state, effects) => {
    const end = walk(rendezvousRegistrationMachine, input, events);
    expect([end.state, end.effects]).toEqual([state, effects]);
  });

  test('the point says when it is renewed', () => {
    expect(walk(rendezvousRegistrationMachine, input, [taken]).snapshot.context).toEqual({
      retryMs: 60_000,
      held: true,
      stale: false,
      renewalMs: 5_000,
    });
  });

  test('however it goes, it is told once how it ended', () => {
    const events = [taken, refused, change, stop, renewal, retry];
    for (const path of getShortestPaths(rendezvousRegistrationMachine, { input, events })) {
      const heard = path.steps.map((step) => step.event).filter((event) => (event.type as string) !== 'xstate.init');
      const { effects } = walk(rendezvousRegistrationMachine, input, heard);
      const outcomes = effects.filter(({ type }) => type === 'report.stopped' || type === 'report.failed');
      expect([path.state.value, outcomes.length]).toEqual([path.state.value, path.state.status === 'done' ? 1 : 0]);
    }
  });
});
