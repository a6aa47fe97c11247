/** What recorded nodes of these tests hear: other nodes, HTTP servers, trackers, and a network in memory; all end with the test. */
import { afterEach } from '@jest/globals';
import { createNode } from '../../src/create-node.js';
import type { Host } from '../../src/host/host.js';
import { NodeHttpServer } from '../../src/platform/http-server.js';
import { systemClock } from '../../src/platform/system-clock.js';
import { udpDatagrams } from '../../src/platform/udp-datagrams.js';
import type { Datagrams, HttpServerRequest, HttpServerResponse } from '../../src/ports.js';
import type { Trace, TraceRecord } from '../../src/trace/format.js';
import type { UdpAnswer } from '../routing/tracker/fake-trackers.js';

/** Ends what was opened, the last first. */
export const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** A node that is stopped after the test. */
export async function running(options: Parameters<typeof createNode>[0] = {}): Promise<Host> {
  const node = await createNode(options);
  open.push(() => node.stop());
  return node;
}

/** A server whose answers are a function's; its URL. */
export async function serve(answer: (request: HttpServerRequest) => HttpServerResponse): Promise<string> {
  const listener = await new NodeHttpServer().listen({ host: '127.0.0.1', port: 0 }, (request) =>
    Promise.resolve(answer(request)),
  );
  open.push(() => listener.close());
  return listener.url;
}

/** A tracker over UDP on loopback; its URL. */
export function udpTracker(answer: UdpAnswer): Promise<string> {
  return new Promise((resolve, reject) => {
    udpDatagrams.open(
      { port: 0 },
      {
        onMessage: (request, from) => {
          const isAnnounce = new DataView(request.buffer, request.byteOffset).getUint32(8) === 1;
          const replies = answer(request, isAnnounce ? ({} as never) : undefined);
          for (const reply of replies) socket?.send(reply, from);
        },
        onFailed: reject,
      },
      (opened) => {
        socket = opened;
        open.push(() => new Promise<void>((closed) => opened.close(closed)));
        resolve(`udp://127.0.0.1:${opened.port}`);
      },
      reject,
    );
    let socket: Parameters<Parameters<Datagrams['open']>[2]>[0] | undefined;
  });
}

/** Who says something on the group, and where. */
export const STRANGER = { address: '192.168.0.9', port: 5353 };
export const GROUP = { address: '224.0.0.251', port: 5353 };
/** What a network in memory was given before has arrived: timers of one moment fire in the order in which they were set. */
export const later = (): Promise<void> => new Promise((resolve) => void systemClock.setTimeout(() => resolve(), 0));

/** The records of one name. */
export const of = ({ records }: Trace, name: string): readonly TraceRecord[] =>
  records.filter((record) => record.name === name);
