import { expect, test } from '@jest/globals';
import { Environment } from '../../../src/actors/environment.js';
import { Outbox } from '../../../src/actors/connection/outbox.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';

/** An outbox on a transport that says `wait` whenever `busy` is set. */
function outboxOf(limits = { outboxHighWaterBytes: 100, outboxLowWaterBytes: 20, outboxBytes: 200 }) {
  const environment = new Environment({
    clock: new VirtualClock(),
    random: new SeededRandom(1),
    ciphers: {} as never,
    limits,
  });
  const log: string[] = [];
  const transport = { busy: false };
  const outbox = new Outbox(environment, {
    write: (chunks) => {
      log.push(`write ${chunks.map(({ length }) => length).join('+')}`);
      return !transport.busy;
    },
    congested: () => log.push('congested'),
    relieved: () => log.push('relieved'),
    failed: ({ code, message }) => log.push(`${code} ${message.slice(0, 9)}`),
  });
  const push = (...sizes: number[]): void => outbox.push(sizes.map((size) => new Uint8Array(size)));
  return { outbox, push, log, transport, turns: environment.turns };
}

test('what a turn writes leaves as one gathered write at its end', () => {
  const { push, log, turns } = outboxOf();
  turns.post(() => {
    push(1, 2);
    turns.post(() => push(3));
    log.push('turn');
  });
  expect(log).toEqual(['turn', 'write 1+2+3']);
});

test('while the transport is busy bytes wait, and leave together when it has drained', () => {
  const { outbox, push, log, transport } = outboxOf();
  transport.busy = true;
  push(10);
  push(20);
  push(30);
  expect({ log, queued: outbox.queuedBytes }).toEqual({ log: ['write 10'], queued: 50 });
  transport.busy = false;
  outbox.drained();
  expect({ log, queued: outbox.queuedBytes }).toEqual({ log: ['write 10', 'write 20+30'], queued: 0 });
});

test('at the mark writers go on, one past it they wait until there is room again', () => {
  const { outbox, push, log, transport } = outboxOf();
  transport.busy = true;
  push(10);
  push(100);
  expect(log).toEqual(['write 10']);
  push(1);
  expect(log).toEqual(['write 10', 'congested']);
  outbox.drained();
  expect(log).toEqual(['write 10', 'congested', 'write 100+1']);
  transport.busy = false;
  outbox.drained();
  expect(log).toEqual(['write 10', 'congested', 'write 100+1', 'relieved']);
});

test('at its end it still takes bytes, one past it it gives up', () => {
  const { push, log, transport } = outboxOf();
  transport.busy = true;
  push(1);
  push(200);
  expect(log).toEqual(['write 1', 'congested']);
  push(1);
  expect(log).toEqual(['write 1', 'congested', 'ERR_OUTBOX_OVERFLOW 201 bytes']);
  push(5);
  expect(log.length).toBe(3);
});

test('tells once when all is with the transport', () => {
  const { outbox, push, log, transport } = outboxOf();
  outbox.whenEmpty(() => log.push('empty at once'));
  transport.busy = true;
  push(10);
  push(20);
  outbox.whenEmpty(() => log.push('empty'));
  transport.busy = false;
  outbox.drained();
  outbox.drained();
  expect(log).toEqual(['empty at once', 'write 10', 'write 20', 'empty']);
});
