import { expect, test } from '@jest/globals';
import { formatLadder } from '../../src/report/ladder.js';

const step = (timeMs: number, actor: string, machine: string, to: string, event: string) => ({
  timeMs,
  actor,
  machine,
  to,
  event,
});

test('two nodes side by side, in the order of time, long stories cut', () => {
  const left = [
    step(100, 'conn:1', 'connection', 'upgrading.connecting', 'start'),
    step(103.25, 'conn:1/yamux/1', 'yamuxStream', 'open', 'start'),
    step(104, 'conn:1', 'connection', 'open', 'security.secured'),
    step(105, 'conn:1', 'connection', 'draining', 'local.close'),
    step(106, 'conn:1', 'connection', 'closed', 'transport.closed'),
  ];
  const right = [step(101, 'conn:2', 'connection', 'upgrading.handshaking', 'multistream.selected')];
  expect(formatLadder(left, right, { leftName: 'fetcher', rightName: 'provider', stepsPerActor: 2 })).toEqual([
    '        ms  fetcher                                   │ provider',
    '------------------------------------------------------+-------------------------',
    '       0.0  connection.upgrading.connecting  <- start │',
    '       1.0                                            │ connection.upgrading.handshaking  <- multistream.selected',
    '       3.3  yamuxStream#1.open  <- start              │',
    '       4.0  connection.open  <- security.secured      │',
    '       5.0  connection  ... 2 more steps              │',
  ]);
});
