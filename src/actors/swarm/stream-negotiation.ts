/**
 * From a muxed stream to a protocol stream: multistream on the stream, in either role, then the handler leaves the byte
 * path and the facade takes its place.
 */
import { EngineError, toEngineError, type StateStay } from '../../errors.js';
import type { ConnectionActor } from '../connection/connection-actor.js';
import { MultistreamAsker } from '../connection/multistream-asker.js';
import { createMultistreamHandler } from '../connection/multistream-handler.js';
import type { Role } from '../connection/security.js';
import type { Environment } from '../environment.js';
import { link } from '../handler.js';
import { LazyStream } from './lazy-stream.js';
import type { MuxedStream } from '../stream/muxed-stream.js';
import { checkProtocolId } from './protocol-registry.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';
import { createProtocolStream } from '../stream/protocol-stream-actor.js';

/** What a negotiation needs. */
export interface StreamNegotiationOptions {
  readonly environment: Environment;
  readonly connection: ConnectionActor;
  readonly stream: MuxedStream;
  readonly role: Role;
  /** Dialer: proposals, best first. Listener: what can be told to `ls`. */
  readonly protocols: readonly string[];
  /** Listener: whether a proposal is accepted. */
  readonly supports?: (protocol: string) => boolean;
  onAgreed(stream: ProtocolStream): void;
  onFailed(error: EngineError): void;
}

/** Negotiates; exactly one of the callbacks follows, unless the returned function cancels it. */
export function negotiateStream(options: StreamNegotiationOptions): () => void {
  const { environment, connection, stream, role, supports } = options;
  let over = false;
  const leave = (): void => {
    over = true;
    links.unsubscribe();
    handler.dispose();
  };
  const fail = (error: EngineError): void => {
    if (over) return;
    leave();
    if (error.details.lastEvent === 'wire.surplus') {
      // The dialer is to hear the `na` that its hasty data was answered with: a reset would overtake it.
      stream.closeWrite();
      stream.closeRead();
    } else stream.reset();
    options.onFailed(withTimeline(error, [...connection.stays, ...stream.stays], connection));
  };
  const handler = createMultistreamHandler({
    environment,
    address: `${stream.address}/multistream`,
    connection: connection.address,
    stream: stream.id,
    role,
    protocols: options.protocols,
    ...(supports === undefined ? {} : { supports }),
    onConsumed: (size) => stream.consume(size),
    onSelected: (protocol, leftover) => {
      leave();
      options.onAgreed(protocolStream(options, stream, protocol, leftover));
    },
    onFailed: (error) => fail(error),
  });
  const links = link(environment, stream, handler, (error) => fail(error));
  handler.start();
  return () => {
    if (over) return;
    leave();
    stream.reset();
  };
}

/**
 * Takes `protocol` for agreed: `onAgreed` is called before this returns. Should the peer not agree, the stream fails with
 * multistream's error, and `onFailed` hears of it.
 */
function assumeProtocol(options: StreamNegotiationOptions, protocol: string): void {
  const { environment, connection, stream } = options;
  const lazy = new LazyStream(environment, connection.address, stream);
  lazy.begin(
    createMultistreamHandler({
      environment,
      address: `${stream.address}/multistream`,
      connection: connection.address,
      stream: stream.id,
      role: 'dialer',
      protocols: [protocol],
      lazy: { onConfirmed: (leftover) => lazy.confirm(leftover) },
      onConsumed: (size) => stream.consume(size),
      onSelected: () => options.onAgreed(protocolStream(options, lazy, protocol, [])),
      onFailed: (error) => {
        const told = withTimeline(error, [...connection.stays, ...stream.stays], connection);
        lazy.refuse(told);
        options.onFailed(told);
      },
    }),
  );
}

function protocolStream(
  { environment, connection }: StreamNegotiationOptions,
  stream: MuxedStream,
  protocol: string,
  leftover: readonly Uint8Array[],
): ProtocolStream {
  const { address: id, secured, remoteAddress, direction } = connection;
  const { remotePeer = '' } = secured ?? {};
  return createProtocolStream(stream, {
    environment,
    protocol,
    leftover,
    connection: { id, remotePeer, remoteAddress, direction },
  });
}

/** How a stream is opened. */
export interface OpenStream {
  readonly signal: AbortSignal | undefined;
  /** One of the protocols that the peer is known to speak: it is taken for agreed. */
  readonly known: string | undefined;
  /** Called in the turn in which the protocol is agreed, or taken for it; may refuse the stream. */
  readonly onAgreed: (stream: ProtocolStream) => EngineError | undefined;
  /** The peer did not agree to what was taken for agreed. */
  readonly onRefused: (error: EngineError) => void;
}

/**
 * Opens a stream on `connection` and agrees on the first of `protocols` that the peer speaks, or takes for agreed what it
 * is known to speak. Rejects with the muxer's refusal, multistream's failure, or `ERR_ABORTED`.
 */
export function openNegotiatedStream(
  environment: Environment,
  connection: ConnectionActor,
  protocols: readonly string[],
  { signal, known, onAgreed, onRefused }: OpenStream,
): Promise<ProtocolStream> {
  return new Promise((resolve, reject) => {
    environment.turns.post(() => {
      if (signal?.aborted === true) {
        reject(aborted(signal));
        return;
      }
      try {
        if (connection.muxer === undefined || !connection.isOpen) {
          throw new EngineError('ERR_CONNECTION_CLOSED', 'local', `${connection.address} is not open`);
        }
        // What no peer would read is refused before a stream is opened for it.
        for (const protocol of protocols) checkProtocolId(protocol, environment.limits.multistreamMessageBytes);
        const stream = connection.muxer.openStream();
        const agree = (agreed: ProtocolStream): void => {
          const refused = onAgreed(agreed);
          if (refused === undefined) resolve(agreed);
          else {
            agreed.reset();
            reject(refused);
          }
        };
        const negotiation = { environment, connection, stream, role: 'dialer', protocols } as const;
        if (known !== undefined) {
          assumeProtocol({ ...negotiation, onAgreed: agree, onFailed: onRefused }, known);
          return;
        }
        const abort = (): void => {
          environment.turns.post(cancel);
          reject(aborted(signal));
        };
        const cancel = negotiateStream({
          ...negotiation,
          onAgreed: (agreed) => {
            signal?.removeEventListener('abort', abort);
            agree(agreed);
          },
          onFailed: (error) => {
            signal?.removeEventListener('abort', abort);
            reject(error);
          },
        });
        signal?.addEventListener('abort', abort, { once: true });
      } catch (thrown) {
        reject(toEngineError(thrown, 'ERR_CONNECTION_CLOSED', 'local', 'opening a stream'));
      }
    });
  });
}

/**
 * Asks on a stream of its own which protocols the peer speaks. Rejects with the muxer's refusal, multistream's failure, or
 * `ERR_ABORTED`.
 */
export function askProtocols(
  environment: Environment,
  connection: ConnectionActor,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    environment.turns.post(() => {
      try {
        if (signal?.aborted === true) throw aborted(signal);
        if (connection.muxer === undefined || !connection.isOpen) {
          throw new EngineError('ERR_CONNECTION_CLOSED', 'local', `${connection.address} is not open`);
        }
        const stream = connection.muxer.openStream();
        const leave = (): void => {
          signal?.removeEventListener('abort', abort);
          links.unsubscribe();
          asker.dispose();
        };
        const fail = (error: EngineError): void => {
          leave();
          stream.reset();
          reject(withTimeline(error, [...connection.stays, ...stream.stays], connection));
        };
        const abort = (): void => environment.turns.post(() => fail(aborted(signal)));
        const asker = new MultistreamAsker({
          environment,
          address: `${stream.address}/multistream`,
          connection: connection.address,
          stream: stream.id,
          onConsumed: (size) => stream.consume(size),
          onListed: (protocols) => {
            leave();
            stream.closeWrite();
            stream.closeRead();
            resolve(protocols);
          },
          onFailed: fail,
        });
        const links = link(environment, stream, asker, fail);
        signal?.addEventListener('abort', abort, { once: true });
        asker.start();
      } catch (thrown) {
        reject(toEngineError(thrown, 'ERR_CONNECTION_CLOSED', 'local', 'opening a stream'));
      }
    });
  });
}

/** What a call ends with that its caller has given up. */
export function aborted(signal: AbortSignal | undefined): EngineError {
  return new EngineError('ERR_ABORTED', 'local', 'cancelled by the caller', { cause: signal?.reason });
}

function withTimeline(error: EngineError, before: readonly StateStay[], connection: ConnectionActor): EngineError {
  const { timeline = [], ...details } = error.details;
  return new EngineError(error.code, error.blame, error.message, {
    cause: error.cause,
    details: {
      peer: connection.secured?.remotePeer ?? '',
      address: connection.remoteAddress,
      ...details,
      timeline: [...before, ...timeline],
    },
  });
}
