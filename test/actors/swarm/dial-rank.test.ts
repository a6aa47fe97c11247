import { expect, test } from '@jest/globals';
import { rankAddresses } from '../../../src/actors/swarm/dial-rank.js';

const RELAY = '/ip4/9.9.9.9/tcp/1/p2p/12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5/p2p-circuit';

const cases: { name: string; addresses: string[]; ranked: [string, number][] }[] = [
  { name: 'nothing', addresses: [], ranked: [] },
  { name: 'one', addresses: ['/ip4/1.2.3.4/tcp/1'], ranked: [['/ip4/1.2.3.4/tcp/1', 0]] },
  {
    name: 'one, told twice',
    addresses: ['/ip4/1.2.3.4/tcp/1', '/ip4/1.2.3.4/tcp/1'],
    ranked: [['/ip4/1.2.3.4/tcp/1', 0]],
  },
  { name: 'what is no address', addresses: ['nonsense', '/ip4/1.2.3.4/tcp/1'], ranked: [['/ip4/1.2.3.4/tcp/1', 0]] },
  {
    name: 'both families: IPv6, then IPv4, then the rest at once',
    addresses: [
      '/ip4/1.2.3.4/tcp/2',
      '/ip4/1.2.3.4/tcp/1',
      '/ip6/2600::1/tcp/2',
      '/ip6/2600::1/tcp/1',
      '/ip4/1.2.3.5/tcp/3',
    ],
    ranked: [
      ['/ip6/2600::1/tcp/1', 0],
      ['/ip4/1.2.3.4/tcp/1', 250],
      ['/ip6/2600::1/tcp/2', 500],
      ['/ip4/1.2.3.4/tcp/2', 500],
      ['/ip4/1.2.3.5/tcp/3', 500],
    ],
  },
  {
    name: 'one family: the lowest port, then the rest at once',
    addresses: ['/ip4/1.2.3.4/tcp/3', '/ip4/1.2.3.4/tcp/1', '/ip4/1.2.3.4/tcp/2'],
    ranked: [
      ['/ip4/1.2.3.4/tcp/1', 0],
      ['/ip4/1.2.3.4/tcp/2', 250],
      ['/ip4/1.2.3.4/tcp/3', 250],
    ],
  },
  {
    name: 'near and far race, near ones with shorter waits',
    addresses: [
      '/ip4/8.8.8.8/tcp/1',
      '/ip4/8.8.4.4/tcp/2',
      '/ip4/10.0.0.1/tcp/1',
      '/ip6/fd00::1/tcp/1',
      '/ip4/127.0.0.1/tcp/1',
    ],
    ranked: [
      ['/ip6/fd00::1/tcp/1', 0],
      ['/ip4/8.8.8.8/tcp/1', 0],
      ['/ip4/10.0.0.1/tcp/1', 30],
      ['/ip4/127.0.0.1/tcp/1', 60],
      ['/ip4/8.8.4.4/tcp/2', 250],
    ],
  },
  {
    name: 'a relay waits for a public way',
    addresses: [RELAY, '/ip4/8.8.8.8/tcp/1'],
    ranked: [
      ['/ip4/8.8.8.8/tcp/1', 0],
      [RELAY, 500],
    ],
  },
  {
    name: 'a relay does not wait for a private way',
    addresses: [RELAY, '/ip4/10.0.0.1/tcp/1'],
    ranked: [
      ['/ip4/10.0.0.1/tcp/1', 0],
      [RELAY, 0],
    ],
  },
  {
    name: 'WebSocket after plain TCP of its family',
    addresses: ['/ip4/8.8.8.8/tcp/1/ws', '/ip4/8.8.8.8/tcp/9', '/ip6/2600::1/tcp/1/tls/ws'],
    ranked: [
      ['/ip6/2600::1/tcp/1/tls/ws', 0],
      ['/ip4/8.8.8.8/tcp/9', 250],
      ['/ip4/8.8.8.8/tcp/1/ws', 500],
    ],
  },
  {
    name: 'what is inside this machine keeps its order',
    addresses: ['/memory/b', '/unix/%2Ftmp%2Fa', '/memory/a'],
    ranked: [
      ['/memory/b', 0],
      ['/unix/%2Ftmp%2Fa', 30],
      ['/memory/a', 30],
    ],
  },
];

test.each(cases)('$name', ({ addresses, ranked }) => {
  expect(rankAddresses(addresses).map(({ address, delayMs }) => [address, delayMs])).toEqual(ranked);
});
