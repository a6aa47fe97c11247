/**
 * One transport connection, from connect to close (libp2p/specs connections/README.md, "Upgrading Connections").
 *
 *   upgrading ------------------------------------------------------------------.-> unreachable (from connecting)
 *   | connecting -> negotiatingSecurity -> handshaking -> negotiatingMuxer --.  |-> timedOut
 *   |                                            '---- (early muxer) -------.|  |-> failed
 *   '------------------------------------------------------------------------||-'
 *                                                                            vv
 *                                                      draining <----------- open
 *                                                          '-> closed
 *
 * Dialer and listener walk the same states; a listener's transport is connected from the start. Any event that a state
 * does not expect ends in `unexpected`.
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface ConnectionInput {
  /** For the transport to connect. */
  readonly connectTimeoutMs: number;
  /** From start to open. */
  readonly upgradeTimeoutMs: number;
  /** For flushing and the peer's end, once closing. */
  readonly closeTimeoutMs: number;
}

export interface ConnectionContext extends ConnectionInput {
  readonly security: string | undefined;
  readonly muxer: string | undefined;
}

export type ConnectionEvent =
  | { readonly type: 'transport.connected' }
  | { readonly type: 'multistream.selected'; readonly protocol: string }
  | { readonly type: 'security.secured'; readonly muxer?: string | undefined }
  | { readonly type: 'muxer.ended' }
  | { readonly type: 'transport.ended' }
  | { readonly type: 'transport.closed' }
  | { readonly type: 'layer.failed'; readonly code: ErrorCode }
  | { readonly type: 'local.close' };

export type ConnectionEffect =
  | { readonly type: 'negotiate.security' }
  | { readonly type: 'start.security'; readonly protocol: string }
  | { readonly type: 'negotiate.muxer' }
  | { readonly type: 'install.muxer'; readonly protocol: string }
  | { readonly type: 'report.open' }
  | { readonly type: 'close.muxer' }
  | { readonly type: 'end.transport' }
  | { readonly type: 'report.closed' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const connectionMachine = setup({
  types: {
    input: {} as ConnectionInput,
    context: {} as ConnectionContext,
    events: {} as ConnectionEvent,
    emitted: {} as ConnectionEffect,
  },
  delays: {
    connectTimeout: ({ context }) => context.connectTimeoutMs,
    upgradeTimeout: ({ context }) => context.upgradeTimeoutMs,
    closeTimeout: ({ context }) => context.closeTimeoutMs,
  },
  guards: {
    muxerAgreed: (_, params: { muxer: string | undefined }) => params.muxer !== undefined,
  },
  actions: {
    keepSecurity: assign({ security: (_, params: { protocol: string }) => params.protocol }),
    keepMuxer: assign({ muxer: (_, params: { protocol: string }) => params.protocol }),
    startSecurity: emit(({ context }) => ({ type: 'start.security', protocol: context.security ?? '' }) as const),
    installMuxer: emit(({ context }) => ({ type: 'install.muxer', protocol: context.muxer ?? '' }) as const),
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
  },
}).createMachine({
  id: 'connection',
  context: ({ input }) => ({ ...input, security: undefined, muxer: undefined }),
  initial: 'upgrading',
  on: { 'layer.failed': '.failed', '*': '.unexpected' },
  states: {
    upgrading: {
      initial: 'connecting',
      after: { upgradeTimeout: '#connection.timedOut' },
      on: {
        'local.close': '#connection.aborted',
        'transport.ended': '#connection.ended',
        'transport.closed': '#connection.ended',
      },
      states: {
        connecting: {
          after: { connectTimeout: '#connection.unreachable' },
          on: { 'transport.connected': 'negotiatingSecurity' },
        },
        negotiatingSecurity: {
          entry: emit({ type: 'negotiate.security' }),
          on: {
            'multistream.selected': {
              target: 'handshaking',
              actions: { type: 'keepSecurity', params: ({ event }) => ({ protocol: event.protocol }) },
            },
          },
        },
        handshaking: {
          entry: 'startSecurity',
          on: {
            'security.secured': [
              {
                guard: { type: 'muxerAgreed', params: ({ event }) => ({ muxer: event.muxer }) },
                target: '#connection.open',
                actions: { type: 'keepMuxer', params: ({ event }) => ({ protocol: event.muxer ?? '' }) },
              },
              'negotiatingMuxer',
            ],
          },
        },
        negotiatingMuxer: {
          entry: emit({ type: 'negotiate.muxer' }),
          on: {
            'multistream.selected': {
              target: '#connection.open',
              actions: { type: 'keepMuxer', params: ({ event }) => ({ protocol: event.protocol }) },
            },
          },
        },
      },
    },
    open: {
      entry: ['installMuxer', emit({ type: 'report.open' })],
      on: {
        'local.close': { target: 'draining', actions: emit({ type: 'close.muxer' }) },
        'muxer.ended': 'draining',
        'transport.ended': { target: 'draining', actions: emit({ type: 'close.muxer' }) },
        'transport.closed': 'closed',
      },
    },
    draining: {
      entry: emit({ type: 'end.transport' }),
      after: { closeTimeout: 'closed' },
      on: {
        // Whatever the layers still say while the outbox empties changes nothing: we are leaving.
        'muxer.ended': {},
        'local.close': {},
        'transport.ended': {},
        'layer.failed': {},
        'transport.closed': 'closed',
      },
    },
    closed: { type: 'final', entry: emit({ type: 'report.closed' }) },
    failed: {
      type: 'final',
      entry: {
        type: 'reportFailed',
        params: ({ event }) => ({ code: event.type === 'layer.failed' ? event.code : 'ERR_CONNECTION_UNEXPECTED' }),
      },
    },
    ended: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_TRANSPORT_ENDED' } } },
    unreachable: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_DIAL_TIMEOUT' } } },
    aborted: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_ABORTED' } } },
    timedOut: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_UPGRADE_TIMEOUT' } } },
    unexpected: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_CONNECTION_UNEXPECTED' } } },
  },
});
