/** What the words of a daemon make of routing, over what its file says. */
import { describe, expect, test } from '@jest/globals';
import { readWords } from '../../src/cli/command.js';
import type { DaemonConfig } from '../../src/cli/config.js';
import { routingConfig } from '../../src/cli/daemon-routing.js';
import { daemonCommand } from '../../src/cli/daemon.js';
import { dhtCommand } from '../../src/cli/dht.js';
import { bootstrapOf, routingOf } from '../../src/cli/routing-options.js';
import { PUBLIC_BOOTSTRAP } from '../../src/routing/bootstrap-list.js';

const ID = '12D3KooWLS6YeG9JktEJjPe1ESMsg9V5JF1wGrCtdvHzAGZhZjXQ';
const LOOPBACK = `/ip4/127.0.0.1/tcp/4001/p2p/${ID}`;
const LAN = `/ip4/192.168.1.7/tcp/4001/p2p/${ID}`;
const FAR = `/ip4/8.8.8.8/tcp/4001/p2p/${ID}`;

const daemon = (args: readonly string[], file: DaemonConfig = {}, listen: readonly string[] = ['/ip4/0.0.0.0/tcp/1']) =>
  routingConfig(file, readWords(daemonCommand, args), listen);

describe('daemon', () => {
  test.each([
    { args: [], is: {} },
    { args: ['--bootstrap', LOOPBACK], is: { bootstrap: [LOOPBACK] } },
    { args: ['--dht', 'auto'], is: { routing: { dht: { mode: 'auto' } }, bootstrap: PUBLIC_BOOTSTRAP } },
    { args: ['--dht', 'server', '--bootstrap', FAR], is: { routing: { dht: { mode: 'server' } }, bootstrap: [FAR] } },
    {
      args: ['--dht', 'client', '--bootstrap', LOOPBACK],
      is: { routing: { dht: { mode: 'client', peers: 'any' } }, bootstrap: [LOOPBACK] },
    },
    {
      args: ['--dht', 'client', '--bootstrap', LAN],
      is: { routing: { dht: { mode: 'client', peers: 'any' } }, bootstrap: [LAN] },
    },
    { args: ['--dht', 'server', '--bootstrap', 'none'], is: { routing: { dht: { mode: 'server' } }, bootstrap: [] } },
    {
      args: ['--dht', 'server', '--bootstrap', 'none'],
      listen: ['/ip4/127.0.0.1/tcp/0'],
      is: { routing: { dht: { mode: 'server', peers: 'any' } }, bootstrap: [] },
    },
    { args: ['--dht', 'off'], is: { routing: { dht: false } } },
    { args: ['--lan'], is: { routing: { lanDht: { mode: 'auto' } } } },
    {
      args: ['--dht', 'server', '--lan', '--bootstrap', FAR],
      is: { routing: { dht: { mode: 'server' }, lanDht: { mode: 'server' } }, bootstrap: [FAR] },
    },
    {
      args: ['--mdns', '--delegated', 'http://a', '--delegated', 'http://b'],
      is: { routing: { delegated: ['http://a', 'http://b'], mdns: true } },
    },
  ])('$args', ({ args, listen, is }) => {
    expect(daemon(args, {}, listen)).toEqual(is);
  });

  test('the file stands where the words say nothing, in detail too', () => {
    const file: DaemonConfig = {
      bootstrap: [FAR],
      routing: { dht: { mode: 'client', peers: 'private', paths: 2 }, mdns: { loopback: true }, trackers: ['udp://t'] },
    };
    expect(daemon([], file)).toEqual(file);
    expect(daemon(['--dht', 'server', '--mdns'], file)).toEqual({
      bootstrap: [FAR],
      routing: { ...file.routing, dht: { mode: 'server', peers: 'private', paths: 2 } },
    });
    expect(daemon(['--dht', 'off'], file).routing?.dht).toBe(false);
    expect(daemon(['--bootstrap', 'none'], file).bootstrap).toEqual([]);
  });

  test.each([
    [['--dht', 'on'], '--dht takes client, server, auto, off, got "on"'],
    [['--dht', 'server', '--bootstrap', '/ip4/127.0.0.1/tcp/1'], 'that end in /p2p/<peer id>, or none, got "/ip4/'],
    [['--bootstrap', 'nobody'], 'got "nobody"'],
  ])('%j is refused', (args, says) => {
    expect(() => daemon(args)).toThrow(says);
  });
});

describe('commands that look for something', () => {
  const dht = (...args: readonly string[]) => readWords(dhtCommand, ['closest', 'x', ...args]);

  test.each([
    { args: [], is: { dht: { mode: 'client', peers: 'public' } } },
    { args: ['--lan'], is: { lanDht: { mode: 'client', peers: 'private' } } },
    { args: ['--bootstrap', FAR], is: { dht: { mode: 'client', peers: 'public' } } },
    { args: ['--bootstrap', LOOPBACK], is: { dht: { mode: 'client', peers: 'any' } } },
    { args: ['--bootstrap', `/ip6/::1/tcp/1/p2p/${ID}`], is: { dht: { mode: 'client', peers: 'any' } } },
    { args: ['--bootstrap', LAN, '--lan'], is: { lanDht: { mode: 'client', peers: 'any' } } },
    { args: ['--bootstrap', 'none', '--delegated', 'http://a'], is: { delegated: ['http://a'] } },
    { args: ['--mdns'], is: { dht: { mode: 'client', peers: 'public' }, mdns: true } },
  ])('$args', ({ args, is }) => {
    expect(routingOf(dht(...args))).toEqual(is);
  });

  test('the public network is where they begin', () => {
    expect(bootstrapOf(dht())).toBe(PUBLIC_BOOTSTRAP);
    expect(bootstrapOf(dht('--bootstrap', 'none'))).toEqual([]);
    expect(bootstrapOf(dht('--bootstrap', `${LAN},${FAR}`))).toEqual([LAN, FAR]);
  });
});
