/** A node whose events a test makes up. */
import { Subject } from 'rxjs';
import type { TransitionNotice } from '../../src/actors/environment.js';
import type { EngineError } from '../../src/errors.js';
import type { ConnectionInfo, StreamInfo } from '../../src/host/connection-info.js';
import type { HostEvent } from '../../src/host/host-events.js';
import type { WatchedNode } from '../../src/telemetry/watched-node.js';

export class FakeNode implements WatchedNode {
  readonly peerId = 'us';
  readonly events$ = new Subject<HostEvent>();
  readonly transitions$ = new Subject<TransitionNotice>();
  readonly broken$ = new Subject<EngineError>();
  liveActors = 0;
  handledProtocols: readonly string[] = [];
  open: ConnectionInfo[] = [];
  live: StreamInfo[] = [];

  connections(): readonly ConnectionInfo[] {
    return this.open;
  }

  streams(): readonly StreamInfo[] {
    return this.live;
  }

  resources(): ReturnType<WatchedNode['resources']> {
    const usage = {
      connectionsInbound: 0,
      connectionsOutbound: 0,
      streamsInbound: 0,
      streamsOutbound: 0,
      memoryBytes: 7,
    };
    const scope = { usage, limits: { memoryBytes: Infinity } };
    return { system: scope, transient: scope, peers: {}, protocols: {}, connections: {} };
  }
}

export function connectionOf(overrides: Partial<ConnectionInfo> = {}): ConnectionInfo {
  return {
    id: 'conn:1',
    direction: 'inbound',
    state: 'open',
    remotePeer: 'them',
    remoteAddress: '/ip4/127.0.0.1/tcp/9',
    security: '/noise',
    muxer: '/yamux/1.0.0',
    agreed: {},
    streams: 0,
    bytesIn: 0,
    bytesOut: 0,
    timeline: [],
    ...overrides,
  };
}

export function streamOf(protocol: string): StreamInfo {
  return { id: 'conn:1/yamux/1', connection: 'conn:1', remotePeer: 'them', protocol, direction: 'inbound' };
}

export function stepOf(machine: string, from: string, to: string, actor = `${machine}:1`): TransitionNotice {
  return { actor, machine, from, to, event: 'x', edges: [], timeMs: 0 };
}

/** Reads to the end. */
export async function drained(source: AsyncIterable<unknown>): Promise<void> {
  const iterator = source[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}
