/** Datagrams of this machine, on loopback: one to one, and a group that several hear. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { createUdpDatagrams, udpDatagrams } from '../../src/platform/udp-datagrams.js';
import type { DatagramOptions, DatagramSocket } from '../../src/ports.js';
import { freeMulticastPort, multicastHere } from '../support/multicast.js';

interface Opened {
  readonly socket: DatagramSocket;
  readonly heard: string[];
  /** Resolves when so many have come. */
  readonly until: (count: number) => Promise<void>;
}

const sockets = new Set<DatagramSocket>();

function open(options: DatagramOptions, datagrams = udpDatagrams): Promise<Opened> {
  const heard: string[] = [];
  let woken = (): void => undefined;
  const until = async (count: number): Promise<void> => {
    while (heard.length < count) await new Promise<void>((resolve) => (woken = resolve));
  };
  return new Promise((resolve, reject) => {
    datagrams.open(
      options,
      {
        onMessage: (bytes, { address, port }) => {
          heard.push(`${new TextDecoder().decode(bytes)} from ${address}:${port}`);
          woken();
        },
        onFailed: (error) => heard.push(error.code),
      },
      (socket) => {
        sockets.add(socket);
        resolve({ socket, heard, until });
      },
      reject,
    );
  });
}

const close = (socket: DatagramSocket): Promise<void> => {
  sockets.delete(socket);
  return new Promise((resolve) => socket.close(resolve));
};

afterEach(async () => {
  await Promise.all([...sockets].map(close));
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('one to one', () => {
  test.each([
    [4, '127.0.0.1'],
    [6, '::1'],
  ] as const)('over IPv%d, there and back', async (family, address) => {
    const [near, far] = [await open({ port: 0, family }), await open({ port: 0, family })];
    expect(near.socket.port).toBeGreaterThan(0);
    near.socket.send(bytes('there'), { address, port: far.socket.port });
    await far.until(1);
    expect(far.heard).toEqual([`there from ${address}:${near.socket.port}`]);
    far.socket.send(bytes('back'), { address, port: near.socket.port });
    await near.until(1);
    expect(near.heard).toEqual([`back from ${address}:${far.socket.port}`]);
  });

  test('to a name', async () => {
    const [near, far] = [await open({ port: 0 }), await open({ port: 0 })];
    near.socket.send(bytes('hello'), { address: 'localhost', port: far.socket.port });
    await far.until(1);
    expect(far.heard).toEqual([`hello from 127.0.0.1:${near.socket.port}`]);
  });

  test('what cannot be sent is lost, and nothing else', async () => {
    const [near, far] = [await open({ port: 0 }), await open({ port: 0 })];
    near.socket.send(bytes('lost'), { address: '127.0.0.1', port: 0 });
    near.socket.send(bytes('lost'), { address: 'no-such-name.invalid', port: 9 });
    near.socket.send(new Uint8Array(70_000), { address: '127.0.0.1', port: far.socket.port });
    near.socket.send(bytes('without a group'));
    near.socket.send(bytes('kept'), { address: '127.0.0.1', port: far.socket.port });
    await far.until(1);
    expect([near.heard, far.heard.length]).toEqual([[], 1]);
  });

  test('a port that is taken', async () => {
    const { socket } = await open({ port: 0 });
    const error = await open({ port: socket.port }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_DATAGRAM_FAILED', blame: 'local' });
    await close(socket);
    // Free again once it says so.
    await open({ port: socket.port });
  });

  test('closed, it sends and hears no more', async () => {
    const [near, far] = [await open({ port: 0 }), await open({ port: 0 })];
    await close(near.socket);
    near.socket.send(bytes('late'), { address: '127.0.0.1', port: far.socket.port });
    const another = await open({ port: 0 });
    another.socket.send(bytes('in time'), { address: '127.0.0.1', port: far.socket.port });
    await far.until(1);
    expect(far.heard).toEqual([`in time from 127.0.0.1:${another.socket.port}`]);
  });

  test('an attempt that is given up calls nobody', async () => {
    const called: string[] = [];
    const cancel = udpDatagrams.open(
      { port: 0 },
      { onMessage: () => called.push('message'), onFailed: () => called.push('failed') },
      () => called.push('opened'),
      () => called.push('failed'),
    );
    cancel();
    await open({ port: 0 });
    expect(called).toEqual([]);
  });
});

const multicast = await multicastHere();
if (!multicast.works) console.warn(`multicast tests skipped: ${multicast.reason}`);

(multicast.works ? describe : describe.skip)('a group', () => {
  const group = '224.0.0.251';
  const interfaces = ['127.0.0.1'];

  test('everybody in it hears, the sender too, and the port is shared', async () => {
    const port = await freeMulticastPort();
    const all = [await open({ port, group, interfaces }), await open({ port, group, interfaces })];
    all[0]?.socket.send(bytes('hello'));
    for (const { until } of all) await until(1);
    expect(all.map(({ heard }) => heard)).toEqual(all.map(() => [`hello from 127.0.0.1:${port}`]));
  });

  test('one of two interfaces that is none does not keep the other from serving', async () => {
    const port = await freeMulticastPort();
    const one = await open({ port, group, interfaces: ['203.0.113.77', '127.0.0.1'] });
    one.socket.send(bytes('hello'));
    await one.until(1);
    expect(one.heard).toEqual([`hello from 127.0.0.1:${port}`]);
  });

  test('an interface that goes and comes again is left and taken up', async () => {
    const port = await freeMulticastPort();
    let present: readonly string[] = ['127.0.0.1'];
    let looks = 0;
    let looked = (): void => undefined;
    /** When the machine was looked at twice more: the first of them is over then. */
    const lookedTwice = async (): Promise<void> => {
      const end = looks + 2;
      while (looks < end) await new Promise<void>((resolve) => (looked = resolve));
    };
    const listInterfaces = (): readonly string[] => {
      looks++;
      looked();
      return present;
    };
    const one = await open({ port, group }, createUdpDatagrams({ listInterfaces, watchMs: 10 }));
    const other = await open({ port, group, interfaces });
    present = [];
    await lookedTwice();
    one.socket.send(bytes('lost'));
    present = ['127.0.0.1'];
    await lookedTwice();
    one.socket.send(bytes('kept'));
    await other.until(1);
    expect(other.heard).toEqual([`kept from 127.0.0.1:${port}`]);
    other.socket.send(bytes('back'));
    await one.until(2);
    expect(one.heard).toEqual([`kept from 127.0.0.1:${port}`, `back from 127.0.0.1:${port}`]);
  });

  test('no interface at all', async () => {
    const port = await freeMulticastPort();
    const opening = open({ port, group, interfaces: ['203.0.113.77'] }).catch((thrown: unknown) => thrown);
    expect(await opening).toMatchObject({ code: 'ERR_DATAGRAM_FAILED' });
  });
});
