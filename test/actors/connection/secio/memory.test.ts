/** Frames in the middle of arriving count in the scopes of the connection: a peer may begin one of 8 MiB and wait. */
import { describe, expect, test } from '@jest/globals';
import type { ConnectionResources } from '../../../../src/actors/policy/connection-resources.js';
import { ResourceManager, type ResourceOptions } from '../../../../src/actors/policy/resource-manager.js';
import { emptyHolding } from '../../../../src/actors/policy/scope.js';
import { LIMITS } from '../../../../src/limits.js';
import { secureWith, type Met } from '../../../support/secio-side.js';

const KIB = 1024;
const MIB = 1024 * KIB;
/** What a connection costs as it begins. */
const BASE = 64 * KIB;

interface Counted extends Met {
  readonly manager: ResourceManager;
  readonly resources: ConnectionResources;
  /** Bytes counted for it beyond what it cost as it began. */
  held(): number;
}

/** A secured side whose peer is proved, and what it counts. */
function counted(options: ResourceOptions = {}): Counted {
  const manager = new ResourceManager(LIMITS, options);
  const resources = manager.openConnection('conn:1', 'inbound');
  const met = secureWith({}, { memory: resources }, 'listener');
  resources.secured(met.side.secured?.remotePeer ?? '');
  return { ...met, manager, resources, held: () => manager.system.usage.memoryBytes - BASE };
}

/** A sealed frame with its length in front. */
const frameOf = ({ peer }: Met, size: number): Uint8Array => Uint8Array.from(peer.seal(Buffer.alloc(size, 7)));

/** Gives it the first `size` bytes of `frame`, which it has none of, in pieces as they come from a socket. */
function hearUpTo({ side }: Met, frame: Uint8Array, from: number, to: number): void {
  for (let at = from; at < to; at += 64 * KIB) side.hear(frame.subarray(at, Math.min(at + 64 * KIB, to)));
}

describe('a frame in the middle of arriving', () => {
  test('up to 64 KiB it is what the connection cost as it began; one byte more counts, in steps, and all goes back', () => {
    const met = counted();
    const frame = frameOf(met, 5 * MIB);
    const steps: number[] = [];
    let from = 0;
    for (const to of [64 * KIB, 64 * KIB + 1, 256 * KIB, 256 * KIB + 1, 4 * MIB, 4 * MIB + 1, frame.length - 1]) {
      hearUpTo(met, frame, from, to);
      steps.push(met.held());
      from = to;
    }
    const whole = 4 + LIMITS.secioFrameBytes;
    expect(steps).toEqual([0, 256 * KIB, 256 * KIB, MIB, 4 * MIB, whole, whole]);
    expect(met.resources.snapshot.usage.memoryBytes).toBe(BASE + whole);
    expect(met.manager.snapshot.peers[met.side.secured?.remotePeer ?? '']?.usage.memoryBytes).toBe(BASE + whole);
    hearUpTo(met, frame, from, frame.length);
    expect(met.held()).toBe(0);
    const length = met.side.inbound.reduce((sum, message) => sum + message.length, 0);
    expect([length, met.side.failures]).toEqual([5 * MIB, 0]);
  });

  test('frames that come whole cost nothing', () => {
    const met = counted();
    met.side.hear(frameOf(met, 2 * MIB));
    expect(met.held()).toBe(0);
  });

  test('the begin of the next one is kept apart: it is given back when nothing waits', () => {
    const met = counted();
    const frame = frameOf(met, 100 * KIB);
    const next = frameOf(met, 100 * KIB);
    hearUpTo(met, frame, 0, 80 * KIB);
    met.side.hear(Buffer.concat([frame.subarray(80 * KIB), next.subarray(0, 10)]));
    expect(met.held()).toBe(256 * KIB);
    met.side.hear(next.subarray(10));
    expect(met.held()).toBe(0);
  });

  test('at the limit of a scope it is taken; one past it the connection fails by name, and nothing stays', () => {
    const connection = { memoryBytes: BASE + 256 * KIB };
    const met = counted({ connection });
    const frame = frameOf(met, MIB);
    hearUpTo(met, frame, 0, 256 * KIB);
    expect([met.held(), met.side.failed]).toEqual([256 * KIB, undefined]);
    met.side.hear(frame.subarray(256 * KIB, 256 * KIB + 1));
    expect(met.side.failed).toMatchObject({
      code: 'ERR_RESOURCE_LIMIT',
      blame: 'remote',
      details: { scope: 'conn:1', resource: 'memoryBytes', limit: BASE + 256 * KIB, machine: 'secioHandshake' },
    });
    met.side.hear(frame.subarray(256 * KIB + 1));
    expect([met.side.inbound, met.side.failures, met.side.environment.liveActors]).toEqual([[], 1, 0]);
    met.resources.close();
    expect(met.manager.system.usage).toEqual(emptyHolding());
  });
});
