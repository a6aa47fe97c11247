import { describe, expect, test } from '@jest/globals';
import { isDialable } from '../../../src/actors/swarm/dialable.js';

const LOOPBACK = '/ip4/127.0.0.1/tcp/1';
const PRIVATE = '/ip4/10.1.2.3/tcp/1';
const LINK = '/ip4/169.254.1.1/tcp/1';
const PUBLIC = '/ip4/8.8.8.8/tcp/1';
const NAME = '/dns4/example.com/tcp/1';
const UNIX = '/unix/%2Frun%2Fdocker.sock';
const MEMORY = '/memory/a';
const NOWHERE = '/ip4/0.0.0.0/tcp/1';
const ALL = { LOOPBACK, PRIVATE, LINK, PUBLIC, NAME, UNIX, MEMORY, NOWHERE };

const from: { toldBy: string; takes: (keyof typeof ALL)[] }[] = [
  { toldBy: PUBLIC, takes: ['PUBLIC', 'NAME'] },
  { toldBy: PRIVATE, takes: ['PRIVATE', 'PUBLIC', 'NAME'] },
  { toldBy: LINK, takes: ['PRIVATE', 'LINK', 'PUBLIC', 'NAME'] },
  { toldBy: LOOPBACK, takes: ['LOOPBACK', 'PRIVATE', 'LINK', 'PUBLIC', 'NAME'] },
  { toldBy: MEMORY, takes: ['LOOPBACK', 'PRIVATE', 'LINK', 'PUBLIC', 'NAME', 'UNIX', 'MEMORY'] },
  { toldBy: 'nonsense', takes: [] },
];

test.each(from)('told by $toldBy, we dial $takes', ({ toldBy, takes }) => {
  const taken = Object.entries(ALL).filter(([, address]) => isDialable(address, { weListenOn: [], toldBy }));
  expect(taken.map(([name]) => name)).toEqual(takes);
});

describe('on a private network ourselves', () => {
  test.each([
    { address: '/ip4/10.9.9.9/tcp/1', weListenOn: ['/ip4/10.0.0.5/tcp/1'], dialed: true },
    { address: '/ip4/10.9.9.9/tcp/1', weListenOn: ['/ip4/192.168.0.5/tcp/1'], dialed: false },
    { address: '/ip4/192.168.9.9/tcp/1', weListenOn: ['/ip4/10.0.0.5/tcp/1', '/ip4/192.168.0.5/tcp/1'], dialed: true },
    { address: '/ip4/10.9.9.9/tcp/1', weListenOn: ['/ip4/0.0.0.0/tcp/1'], dialed: false },
    { address: '/ip4/10.9.9.9/tcp/1', weListenOn: ['/ip4/127.0.0.1/tcp/1'], dialed: false },
    { address: '/ip6/fd12::1/tcp/1', weListenOn: ['/ip6/fd99::1/tcp/1'], dialed: true },
    { address: '/ip6/fd12::1/tcp/1', weListenOn: ['/ip4/10.0.0.5/tcp/1'], dialed: false },
    { address: LOOPBACK, weListenOn: [LOOPBACK], dialed: false },
    { address: UNIX, weListenOn: [UNIX], dialed: false },
  ])('told by a public peer $address, listening on $weListenOn: $dialed', ({ address, weListenOn, dialed }) => {
    expect(isDialable(address, { weListenOn, toldBy: PUBLIC })).toBe(dialed);
  });
});
