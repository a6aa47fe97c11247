/**
 * The sweep over the key space: when the next region is provided (libp2p/go-libp2p-kad-dht provider).
 *
 *   reading --keys.read, peers are there--> picking, else--> offline
 *   offline --peers.available--> picking, or full while regions of before are under way
 *   picking (entry: pick a region) --region.started, room for more--> picking, none--> full
 *     | nothing.due -> resting, nothing.kept -> idle
 *   full --region.ended--> picking
 *   resting --after the wait, region.ended--> picking; due.changed -> gathering
 *   idle --region.ended--> picking; due.changed -> gathering
 *   gathering --after the pause--> picking
 *   any that is not reading: peers.gone -> offline; regions that are under way end by themselves
 *   any: local.stop -> stopped
 */
import { assign, emit, setup } from 'xstate';

export interface ProvideSweepInput {
  /** From the first new key to its region: what comes meanwhile goes with it. */
  readonly gatherMs: number;
  /** Regions under way at once; at least one. */
  readonly regionsAtOnce: number;
}

export interface ProvideSweepContext extends ProvideSweepInput {
  /** Whether there are peers to ask. */
  readonly online: boolean;
  /** Regions under way. */
  readonly active: number;
  /** Until something is due. */
  readonly waitMs: number;
}

export type ProvideSweepEvent =
  /** What is provided is known: all that was stored has been read. */
  | { readonly type: 'keys.read' }
  /** Something may be due that was not: new keys, or a region that was claimed and is free. */
  | { readonly type: 'due.changed' }
  | { readonly type: 'peers.available' }
  | { readonly type: 'peers.gone' }
  /** A region was picked and is under way. */
  | { readonly type: 'region.started' }
  | { readonly type: 'region.ended' }
  /** No region can be picked now; one is due in a while. */
  | { readonly type: 'nothing.due'; readonly waitMs: number }
  /** No region can be picked, and none will be by time alone. */
  | { readonly type: 'nothing.kept' }
  | { readonly type: 'local.stop' };

export type ProvideSweepEffect =
  | { readonly type: 'pick.region' }
  | { readonly type: 'report.stopped' }
  | { readonly type: 'report.failed'; readonly code: 'ERR_ENGINE_MACHINE' };

export const provideSweepMachine = setup({
  types: {
    input: {} as ProvideSweepInput,
    context: {} as ProvideSweepContext,
    events: {} as ProvideSweepEvent,
    emitted: {} as ProvideSweepEffect,
  },
  delays: {
    dueWait: ({ context }) => context.waitMs,
    gatherPause: ({ context }) => context.gatherMs,
  },
  guards: {
    isOnline: ({ context }) => context.online,
    hasActive: ({ context }) => context.active > 0,
    hasRoom: ({ context }) => context.active < context.regionsAtOnce,
    hasMoreRoom: ({ context }) => context.active + 1 < context.regionsAtOnce,
  },
  actions: {
    goOnline: assign({ online: true }),
    goOffline: assign({ online: false }),
    countIn: assign({ active: ({ context }) => context.active + 1 }),
    countOut: assign({ active: ({ context }) => context.active - 1 }),
    noteWait: assign({
      waitMs: ({ context, event }) => (event.type === 'nothing.due' ? event.waitMs : context.waitMs),
    }),
  },
}).createMachine({
  id: 'provideSweep',
  context: ({ input }) => ({ ...input, online: false, active: 0, waitMs: 0 }),
  initial: 'reading',
  // Reached only when the state below says nothing.
  on: {
    'peers.available': { actions: 'goOnline' },
    'peers.gone': { target: '.offline', actions: 'goOffline' },
    'due.changed': {},
    'region.ended': [{ guard: 'hasActive', actions: 'countOut' }, { target: '.unexpected' }],
    'local.stop': '.stopped',
    '*': '.unexpected',
  },
  states: {
    reading: {
      on: {
        'keys.read': [{ guard: 'isOnline', target: 'picking' }, { target: 'offline' }],
        'peers.gone': { actions: 'goOffline' },
      },
    },
    offline: {
      on: {
        'peers.available': [
          { guard: 'hasRoom', target: 'picking', actions: 'goOnline' },
          { target: 'full', actions: 'goOnline' },
        ],
        'peers.gone': {},
      },
    },
    picking: {
      entry: emit({ type: 'pick.region' }),
      on: {
        'region.started': [
          { guard: 'hasMoreRoom', target: 'picking', reenter: true, actions: 'countIn' },
          { target: 'full', actions: 'countIn' },
        ],
        'nothing.due': { target: 'resting', actions: 'noteWait' },
        'nothing.kept': 'idle',
      },
    },
    full: { on: { 'region.ended': { target: 'picking', actions: 'countOut' } } },
    resting: {
      after: { dueWait: 'picking' },
      on: {
        'due.changed': 'gathering',
        'region.ended': [{ guard: 'hasActive', target: 'picking', actions: 'countOut' }, { target: 'unexpected' }],
      },
    },
    idle: {
      on: {
        'due.changed': 'gathering',
        'region.ended': [{ guard: 'hasActive', target: 'picking', actions: 'countOut' }, { target: 'unexpected' }],
      },
    },
    gathering: { after: { gatherPause: 'picking' } },
    stopped: { type: 'final', entry: emit({ type: 'report.stopped' }) },
    unexpected: { type: 'final', entry: emit({ type: 'report.failed', code: 'ERR_ENGINE_MACHINE' }) },
  },
});
