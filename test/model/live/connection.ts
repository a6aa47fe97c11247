/** A connection of ours that dials: its transport is in the driver's hands, and behind it a peer that speaks noise. */
import { ConnectionActor } from '../../../src/actors/connection/connection-actor.js';
import { noiseProtocol } from '../../../src/actors/connection/noise/handler.js';
import { yamuxProtocol } from '../../../src/actors/connection/yamux/muxer.js';
import { Environment } from '../../../src/actors/environment.js';
import { signNoiseStaticKey } from '../../../src/crypto/noise-identity.js';
import { EngineError } from '../../../src/errors.js';
import type { ConnectionEvent, ConnectionInput } from '../../../src/machines/connection.js';
import { nodeCiphers } from '../../../src/platform/node-ciphers.js';
import type { TraceSink } from '../../../src/ports.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { encodeMultistreamMessage, MULTISTREAM_ID } from '../../../src/wire/multistream.js';
import { encodeNoisePayload } from '../../../src/wire/noise.js';
import { YAMUX_PROTOCOL } from '../../../src/wire/yamux.js';
import { concat } from '../../support/decoding.js';
import { frame as noiseFrame, NoiseForger } from '../../support/noise-forger.js';
import { testIdentity } from '../../support/noise-side.js';
import { frame as yamuxFrame } from '../../support/yamux-peer.js';
import type { ModelPath, ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, type LiveDriver, type LiveRun } from './driver.js';

/** Longer than any deadline of a connection, in milliseconds: only its own ones are to come due. */
const NEVER_MS = 1_000_000_000;
const MALLORY = testIdentity('mallory');
/** What no layer takes for anything: too long for multistream, and sealed by nobody. */
const GARBAGE = new Uint8Array(64).fill(0xff);

export const connectionDriver: LiveDriver = {
  model: modelOf('connection'),
  reach: {
    can: ({ type }, { state }) => {
      const isAttached = state !== 'upgrading.connecting';
      const isNegotiating = state.startsWith('upgrading.negotiating');
      switch (type as ConnectionEvent['type']) {
        case 'transport.connected':
          return !isAttached;
        case 'multistream.selected':
          return isNegotiating;
        case 'security.secured':
          return state === 'upgrading.handshaking';
        case 'muxer.ended':
          return state === 'open';
        // Until then a layer inside hears of it first, and fails or ends.
        case 'transport.ended':
          return state === 'draining';
        case 'transport.closed':
          return isAttached;
        case 'layer.failed':
        case 'local.close':
          return true;
        default:
          return isDeadline(type);
      }
    },
  },
  begin: (path, trace) => new Connecting(path, trace),
};

class Connecting implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #connection: ConnectionActor;
  readonly #forger = new NoiseForger('listener');
  #written: Uint8Array[] = [];
  #isSecured = false;

  constructor({ input }: ModelPath, trace: TraceSink) {
    const { connectTimeoutMs, upgradeTimeoutMs, closeTimeoutMs } = connectionDriver.model.inputs[
      input
    ] as ConnectionInput;
    this.#environment = new Environment({
      clock: this.#clock,
      random: new SeededRandom('connection'),
      ciphers: nodeCiphers,
      limits: {
        dialAddressTimeoutMs: connectTimeoutMs,
        upgradeTimeoutMs,
        closeTimeoutMs,
        multistreamTimeoutMs: NEVER_MS,
        noiseHandshakeTimeoutMs: NEVER_MS,
        yamuxKeepAliveMs: NEVER_MS,
      },
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    this.#connection = new ConnectionActor({
      environment: this.#environment,
      address: 'conn:1',
      role: 'dialer',
      identity: testIdentity('ours'),
      security: [noiseProtocol],
      muxers: [yamuxProtocol],
      remoteAddress: '/memory/1',
      onOpen: () => undefined,
      onStream: () => undefined,
      onClosed: () => undefined,
    });
    this.#environment.turns.post(() => this.#connection.start());
  }

  play(steps: readonly ModelStep[], at: number): number {
    const step = steps[at];
    const event = step?.event as ConnectionEvent;
    if (isDeadline(event.type)) return fireDeadline(this.#clock);
    switch (event.type) {
      case 'transport.connected':
        this.#environment.turns.post(() => this.#attach());
        break;
      case 'multistream.selected':
        this.#hear(lines(MULTISTREAM_ID, this.#isSecured ? YAMUX_PROTOCOL : '/noise'));
        break;
      case 'security.secured':
        this.#shakeHands(event.muxer);
        break;
      case 'muxer.ended':
        this.#hear(yamuxFrame('goAway', [], 0, 0));
        break;
      case 'transport.ended':
        this.#connection.onEnded();
        break;
      case 'transport.closed':
        this.#connection.onClosed();
        break;
      case 'layer.failed':
        this.#fail(step?.from ?? '');
        break;
      case 'local.close':
        this.#environment.turns.post(() => this.#connection.close());
        break;
      default:
        event satisfies never;
    }
    return 1;
  }

  close() {
    this.#connection.onClosed(new EngineError('ERR_TRANSPORT_ENDED', 'remote', 'the end of the test'));
    this.#connection.onClosed();
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }

  #attach(): void {
    this.#connection.attach({
      remoteAddress: '/memory/1',
      localAddress: '/memory/2',
      open: () => undefined,
      write: (chunks) => {
        this.#written.push(...chunks);
        return true;
      },
      pause: () => undefined,
      resume: () => undefined,
      end: () => undefined,
      destroy: () => undefined,
    });
  }

  #hear(bytes: Uint8Array): void {
    this.#connection.onChunk(this.#isSecured ? this.#forger.seal(bytes) : bytes);
  }

  /** Answers message 1 with message 2, which offers a muxer or none, and reads message 3. */
  #shakeHands(muxer: string | undefined): void {
    // Our two lines of multistream are before the first message of noise.
    const sent = concat(...this.#written.splice(0));
    this.#forger.read(sent.subarray(lines(MULTISTREAM_ID, '/noise').length));
    const payload = encodeNoisePayload({
      identityKey: MALLORY.publicKeyProtobuf,
      identitySignature: signNoiseStaticKey(MALLORY.signer, this.#forger.staticPublicKey),
      ...(muxer === undefined ? {} : { extensions: { webtransportCerthashes: [], streamMuxers: [muxer] } }),
    });
    this.#connection.onChunk(this.#forger.write(payload));
    const third = concat(...this.#written.splice(0));
    this.#forger.read(third.subarray(0, 2 + (((third[0] ?? 0) << 8) | (third[1] ?? 0))));
    this.#isSecured = true;
  }

  /** Makes the layer that is at work in `state` fail. */
  #fail(state: string): void {
    const refused = new EngineError('ERR_TRANSPORT_REFUSED', 'remote', 'nobody listens there');
    if (state === 'upgrading.connecting') this.#environment.turns.post(() => this.#connection.connectFailed(refused));
    else this.#connection.onChunk(this.#isSecured ? noiseFrame(GARBAGE) : GARBAGE);
  }
}

function lines(...texts: readonly string[]): Uint8Array {
  return concat(...texts.map((text) => encodeMultistreamMessage(text)));
}
