/**
 * The TLS security handler (libp2p/specs tls/tls.md): TLS 1.3 of our own, the handshake first, then a channel that seals
 * and opens records without a word to any machine.
 */
import type { Observable } from 'rxjs';
import { assert, EngineError, toEngineError, type StateStay } from '../../../errors.js';
import type { ConnectionMessage, MessageEvent } from '../../../messages.js';
import { ReceiveBuffer } from '../../receive-buffer.js';
import type { StayLog } from '../../stay-log.js';
import { toHex } from '../../../wire/hex.js';
import type { SecurityHandler, SecurityOptions, SecurityProtocol } from '../security.js';
import { SecurityEnds } from '../security-ends.js';
import { TlsOpener, TlsSealer } from './channel.js';
import { TlsClientHandshake } from './client-handshake.js';
import type { TlsHandshake } from './handshake.js';
import { tlsDetails, type TlsHandshakeOwner, type TlsHandshakeResult } from './handshake-owner.js';
import { TlsServerHandshake } from './server-handshake.js';

/** Bytes of a bad record that a failure report shows. */
const REPORTED_BYTES = 64;

/** `/tls/1.0.0`: TLS 1.3 with libp2p identities in the certificates, and the muxer chosen with the application protocol. */
export const tlsProtocol: SecurityProtocol = { id: '/tls/1.0.0', create: (options) => new TlsHandler(options) };

class TlsHandler implements SecurityHandler {
  readonly address: string;
  readonly layer = 'tls';
  readonly #options: SecurityOptions;
  readonly #ends: SecurityEnds;
  readonly #buffer = new ReceiveBuffer();
  /** Gone once it has succeeded: its machine and keys are not kept for the life of the connection. */
  #handshake: TlsHandshake | undefined;
  readonly #machine: string;
  readonly #log: StayLog;
  #sealer: TlsSealer | undefined;
  #opener: TlsOpener | undefined;
  #remotePeer: string | undefined;
  #saidEnded = false;

  constructor(options: SecurityOptions) {
    this.#options = options;
    this.#ends = new SecurityEnds(options, 'tls', () => this.#release());
    this.address = this.#ends.address;
    const owner: TlsHandshakeOwner = {
      send: (chunks, messages) => this.#ends.publish('outbound', chunks, handshakeEvent(messages)),
      onMessage: (name, bytes) => this.#ends.show('inbound', [bytes], handshakeEvent([name])),
      onSecured: (result) => this.#secured(result),
      onFailed: (error, farewell) => this.#ends.fail(error, farewell),
    };
    const Handshake = options.role === 'dialer' ? TlsClientHandshake : TlsServerHandshake;
    this.#handshake = new Handshake(this.address, options, this.#buffer, owner);
    this.#machine = this.#handshake.machineId;
    this.#log = this.#handshake.log;
  }

  get inbound$(): Observable<ConnectionMessage> {
    return this.#ends.inbound;
  }

  get outbound$(): Observable<ConnectionMessage> {
    return this.#ends.outbound;
  }

  get stays(): readonly StateStay[] {
    return this.#log.stays;
  }

  start(): void {
    this.#handshake?.start();
    this.#read();
  }

  receive(message: ConnectionMessage): void {
    if (this.#ends.disposed) return;
    // Behind close_notify nothing counts (RFC 8446, 6.1), and nothing is kept.
    if (!this.#saidEnded) {
      for (const chunk of message.chunks) this.#buffer.append(chunk);
      if (message.length > 0) this.#read();
    }
    if (message.event !== undefined) this.#receiveEvent(message.event, message.error);
  }

  send(message: ConnectionMessage): void {
    if (this.#ends.disposed || message.length === 0) return;
    assert(this.#sealer !== undefined, `${this.address}: data before the channel is secured`);
    this.#ends.tellPlaintext('outbound', message.chunks);
    this.#sealer.push(message.chunks);
    this.#sealLater();
  }

  close(): void {
    if (this.#sealer === undefined) return;
    this.#sealer.close();
    this.#sealLater();
  }

  dispose(): void {
    this.#ends.dispose();
  }

  #release(): void {
    this.#handshake?.dispose();
    this.#handshake = undefined;
    this.#sealer = undefined;
    this.#opener = undefined;
    this.#buffer.drain();
  }

  /** The handshake takes its messages; once it is secured, everything behind them is the channel's. */
  #read(): void {
    this.#handshake?.read();
    const [opener, sealer] = [this.#opener, this.#sealer];
    if (opener === undefined || sealer === undefined) return;
    const plaintext: Uint8Array[] = [];
    const failure = opener.open(plaintext);
    // What was opened before a bad record is authentic, and goes on its way first.
    if (plaintext.length > 0) {
      this.#ends.tellPlaintext('inbound', plaintext);
      this.#ends.publish('inbound', plaintext);
    }
    if (failure !== undefined) {
      const { error, alert } = failure;
      this.#ends.fail(this.#located(error), alert === undefined ? undefined : sealer.alert(alert));
    } else if (opener.ended && !this.#ends.disposed) this.#tellEnded();
  }

  /** The peer said close_notify: to the layers inside that is the end of the transport. */
  #tellEnded(): void {
    this.#saidEnded = true;
    this.#buffer.drain();
    this.#ends.publish('inbound', [], { type: 'transport.ended' });
  }

  #sealLater(): void {
    this.#options.environment.turns.flushLater('seal', this.#seal);
  }

  readonly #seal = (): void => {
    const sealer = this.#sealer;
    if (sealer === undefined) return;
    const wire: Uint8Array[] = [];
    sealer.seal(wire);
    if (wire.length > 0) this.#ends.publish('outbound', wire);
  };

  #receiveEvent(event: MessageEvent, error: EngineError | undefined): void {
    if (this.#ends.disposed) return;
    const { type } = event;
    if (this.#handshake !== undefined) {
      if (type === 'transport.ended' || type === 'transport.failed') this.#handshake.ended(type, error);
    } else if (type === 'transport.ended' && this.#buffer.length > 0) {
      const why = `tls: the peer closed in the middle of a record, after ${this.#buffer.length} bytes of it`;
      const lastBytesHex = toHex(this.#buffer.peek(REPORTED_BYTES));
      const details = { lastBytesHex, lastBytesDecoded: why };
      this.#ends.fail(this.#located(new EngineError('ERR_TRANSPORT_ENDED', 'remote', why, { details })));
    } else if (type !== 'transport.ended' || !this.#saidEnded) this.#ends.publish('inbound', [], event, error);
  }

  #secured({ remotePeer, remotePublicKeyProtobuf, muxer, agreed, sending, records }: TlsHandshakeResult): void {
    if (this.#ends.disposed) return;
    const { environment, role } = this.#options;
    const { limits } = environment;
    const sealer = new TlsSealer(sending, limits);
    this.#sealer = sealer;
    this.#opener = new TlsOpener(records, limits, role, () => {
      sealer.oweUpdate();
      this.#sealLater();
    });
    this.#handshake = undefined;
    this.#remotePeer = remotePeer;
    this.#ends.show('inbound', [], { type: 'tls.secured', peer: remotePeer, muxer });
    this.#options.onSecured({ remotePeer, remotePublicKeyProtobuf, muxer, agreed });
  }

  #located(thrown: unknown): EngineError {
    const error = toEngineError(thrown, 'ERR_ENGINE_MACHINE', 'engine', `${this.address}: ${String(thrown)}`);
    return error.withDetails(tlsDetails(this.#machine, this.stays, this.#remotePeer));
  }
}

function handshakeEvent(messages: readonly string[]): MessageEvent {
  return { type: 'tls.handshake', messages };
}
