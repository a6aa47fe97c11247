/** What the two machines of multistream-select hear and order: one vocabulary, so that one handler drives either. */
import type { ErrorCode } from '../errors.js';

export type MultistreamEvent =
  /** The peer's `/multistream/1.0.0`. */
  | { readonly type: 'wire.header' }
  /** A protocol id: the listener's echo, or the dialer's proposal and whether we speak it. */
  | { readonly type: 'wire.protocol'; readonly protocol: string; readonly supported?: boolean }
  | { readonly type: 'wire.na' }
  | { readonly type: 'wire.ls' }
  /** Bytes that are no multistream message. */
  | { readonly type: 'wire.invalid' }
  /** Bytes behind a proposal, here before our `na` to it could be heard. */
  | { readonly type: 'wire.surplus' }
  /** The peer will send nothing more, or the stream or transport is gone. */
  | { readonly type: 'transport.ended' };

export type MultistreamEffect =
  | { readonly type: 'send.header' }
  | { readonly type: 'send.protocol'; readonly protocol: string }
  | { readonly type: 'send.na' }
  | { readonly type: 'send.list' }
  | { readonly type: 'report.selected'; readonly protocol: string }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };
