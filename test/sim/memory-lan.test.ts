/** The network in memory does what the sockets of a machine do. */
import { expect, test } from '@jest/globals';
import type { DatagramOptions, DatagramSocket } from '../../src/ports.js';
import { MemoryLan, type MemoryLanOptions } from '../../src/sim/memory-lan.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';
import { utf8 } from '../support/decoding.js';

function network(options: Partial<MemoryLanOptions> = {}) {
  const clock = new VirtualClock();
  const lan = new MemoryLan({ clock, latencyMs: 5, ...options });
  const open = (address: string, socketOptions: DatagramOptions) => {
    const heard: string[] = [];
    const opened: { socket?: DatagramSocket } = {};
    const cancel = lan.host(address).open(
      socketOptions,
      {
        onMessage: (bytes, from) => heard.push(`${new TextDecoder().decode(bytes)} ${from.address}:${from.port}`),
        onFailed: ({ code }) => heard.push(code),
      },
      (socket) => (opened.socket = socket),
      ({ code }) => heard.push(code),
    );
    return { heard, opened, cancel };
  };
  return { clock, lan, open };
}

const GROUP = { port: 5353, group: '224.0.0.251' };

test('one to one, to a name, after its time on the way', () => {
  const { clock, lan, open } = network();
  lan.name('tracker.example', '10.0.0.2');
  const [near, far] = [open('10.0.0.1', { port: 0 }), open('10.0.0.2', { port: 6969 })];
  clock.advance(0);
  near.opened.socket?.send(utf8('one'), { address: 'tracker.example', port: 6969 });
  near.opened.socket?.send(utf8('two'), { address: '10.0.0.2', port: 7000 });
  near.opened.socket?.send(utf8('three'));
  clock.advance(4);
  expect(far.heard).toEqual([]);
  clock.advance(1);
  expect([near.opened.socket?.port, far.heard, near.heard]).toEqual([49_152, ['one 10.0.0.1:49152'], []]);
});

test('a group is heard by all in it, the sender too, until they leave', () => {
  const { clock, lan, open } = network();
  const [one, two, other] = [
    open('10.0.0.1', GROUP),
    open('10.0.0.2', GROUP),
    open('10.0.0.3', { ...GROUP, group: '224.0.0.1' }),
  ];
  clock.advance(0);
  one.opened.socket?.send(utf8('hello'));
  clock.advance(5);
  two.opened.socket?.close();
  one.opened.socket?.send(utf8('again'));
  clock.advance(5);
  expect([one.heard, two.heard, other.heard]).toEqual([
    ['hello 10.0.0.1:5353', 'again 10.0.0.1:5353'],
    ['hello 10.0.0.1:5353'],
    [],
  ]);
  expect(lan.open).toBe(2);
});

test('lost, doubled, damaged', () => {
  let count = 0;
  const { clock, open } = network({ deliver: ({ bytes }) => [[], [bytes, bytes], [utf8('?')]][count++] ?? [] });
  const [near, far] = [open('10.0.0.1', { port: 1 }), open('10.0.0.2', { port: 2 })];
  clock.advance(0);
  for (const text of ['a', 'b', 'c']) near.opened.socket?.send(utf8(text), { address: '10.0.0.2', port: 2 });
  clock.advance(5);
  expect(far.heard).toEqual(['b 10.0.0.1:1', 'b 10.0.0.1:1', '? 10.0.0.1:1']);
});

test('a port that is taken, an attempt that is given up, a network that goes', () => {
  const { clock, lan, open } = network();
  const [first, second, third] = [
    open('10.0.0.1', { port: 1 }),
    open('10.0.0.1', { port: 1 }),
    open('10.0.0.1', { port: 2 }),
  ];
  third.cancel();
  clock.advance(0);
  expect([first.heard, second.heard, third.opened]).toEqual([[], ['ERR_DATAGRAM_FAILED'], {}]);
  lan.setDown(true);
  const late = open('10.0.0.1', { port: 3 });
  clock.advance(0);
  expect([first.heard, late.heard, lan.open]).toEqual([['ERR_DATAGRAM_FAILED'], ['ERR_DATAGRAM_FAILED'], 0]);
});
