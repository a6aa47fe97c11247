import { expect, test } from '@jest/globals';
import { AcceptQueue } from '../../../src/actors/policy/accept-queue.js';
import { LIMITS } from '../../../src/limits.js';
import type { TransportConnection } from '../../../src/ports.js';

/** A queue whose connections are named `10.0.0.1:5`: host and number. */
function queueOf(limits: Partial<Record<'upgradesInProgress' | 'upgradesPerHost' | 'acceptQueue', number>>) {
  const log: string[] = [];
  const address = (name: string) => `/ip4/${name.replace(':', '/tcp/')}`;
  const named = ({ remoteAddress }: TransportConnection) => remoteAddress.slice(5).replace('/tcp/', ':');
  const queue = new AcceptQueue(
    { ...LIMITS, ...limits },
    {
      later: (work) => work(),
      begin: (transport) => {
        log.push(named(transport));
        queue.began(transport.remoteAddress, true);
      },
      drop: (transport) => log.push(`drop ${named(transport)}`),
    },
  );
  const offer = (...names: string[]): void => {
    for (const name of names) {
      queue.offer({
        remoteAddress: address(name),
        destroy: () => log.push(`gone ${name}`),
      } as unknown as TransportConnection);
    }
  };
  const end = (name: string): void => queue.ended(address(name), true);
  /** What happened since it was last asked. */
  const told = (): string[] => log.splice(0);
  return { queue, offer, end, told };
}

test('at the bound begun, beyond it in their order as room comes', () => {
  const { queue, offer, end, told } = queueOf({ upgradesInProgress: 2, upgradesPerHost: 9, acceptQueue: 9 });
  offer('1.0.0.1:1', '1.0.0.1:2', '1.0.0.2:3', '1.0.0.1:4');
  expect(told()).toEqual(['1.0.0.1:1', '1.0.0.1:2']);
  end('1.0.0.1:1');
  expect(told()).toEqual(['1.0.0.2:3']);
  end('1.0.0.1:2');
  expect(told()).toEqual(['1.0.0.1:4']);
  expect(queue.length).toBe(0);
});

test('a host at its share waits, others pass it', () => {
  const { offer, end, told } = queueOf({ upgradesInProgress: 9, upgradesPerHost: 2, acceptQueue: 9 });
  offer('1.0.0.1:1', '1.0.0.1:2', '1.0.0.1:3', '1.0.0.2:4');
  expect(told()).toEqual(['1.0.0.1:1', '1.0.0.1:2', '1.0.0.2:4']);
  end('1.0.0.2:4');
  expect(told()).toEqual([]);
  end('1.0.0.1:1');
  expect(told()).toEqual(['1.0.0.1:3']);
});

test('a full queue: the host that has most waiting gives way, the last to come first', () => {
  const { queue, offer, told } = queueOf({ upgradesInProgress: 0, upgradesPerHost: 9, acceptQueue: 3 });
  offer('1.0.0.1:1', '1.0.0.1:2', '1.0.0.1:3');
  expect(told()).toEqual([]);
  offer('1.0.0.1:4');
  expect(told()).toEqual(['drop 1.0.0.1:4']);
  offer('1.0.0.2:5');
  expect(told()).toEqual(['drop 1.0.0.1:3']);
  queue.clear();
  expect(told()).toEqual(['gone 1.0.0.1:1', 'gone 1.0.0.1:2', 'gone 1.0.0.2:5']);
});

test('a burst of a thousand is served whole, one upgrade for each that ends', () => {
  const { queue, offer, end, told } = queueOf({});
  const names = Array.from({ length: 1000 }, (_, at) => `1.0.0.1:${at}`);
  offer(...names);
  expect(told()).toEqual(names.slice(0, LIMITS.upgradesPerHost));
  offer('1.0.0.2:1');
  expect(told()).toEqual(['1.0.0.2:1']);
  const rest: string[] = [];
  for (let at = 0; at < 1000; at++) {
    end('1.0.0.1:0');
    rest.push(...told());
  }
  expect(rest).toEqual(names.slice(LIMITS.upgradesPerHost));
  expect(queue.length).toBe(0);
});
