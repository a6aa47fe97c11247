/** The TLS handshakes of both roles, against a peer that speaks TLS correctly and says in it what the path wants. */
import type { TraceSink } from '../../../src/ports.js';
import { tlsProtocol } from '../../../src/actors/connection/tls/handler.js';
import { LIMITS } from '../../../src/limits.js';
import { encodeTlsKeyShares, encodeTlsProtocols } from '../../../src/wire/tls-extensions.js';
import { TLS_EXTENSION, TLS_GROUP } from '../../../src/wire/tls-names.js';
import { TLS_CHANGE_CIPHER_SPEC } from '../../../src/wire/tls-record.js';
import { tlsNumber } from '../../../src/wire/tls-bytes.js';
import { concat, hex } from '../../support/decoding.js';
import { NoiseSide, testIdentity } from '../../support/noise-side.js';
import { TlsForger } from '../../support/tls-forger.js';
import type { ModelPath, ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, holds, isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

type Say = (forger: TlsForger) => Uint8Array;
type Sayings = Readonly<Record<string, Say>>;

/** Whom the path ends with a mismatch: somebody else than who answers. */
const SOMEBODY_ELSE = testIdentity('somebody else').peerId;
const NO_SHARES = encodeTlsKeyShares([]);
const LOW_ORDER = encodeTlsKeyShares([{ group: TLS_GROUP.x25519, key: new Uint8Array(32) }]);
const { supportedVersions, keyShare, applicationLayerProtocolNegotiation } = TLS_EXTENSION;

/** What is said in any state. */
const ANYWHERE: Sayings = {
  'wire.other': (forger) => forger.messages(hex('0c000000')),
  'wire.malformed': (forger) => forger.messages(concat(hex('0b'), tlsNumber(LIMITS.tlsHandshakeMessageBytes + 1, 3))),
  'wire.badRecord': () => hex('1803030001'),
  'wire.flood': () => concat(...Array.from({ length: LIMITS.tlsIdleRecords + 1 }, () => TLS_CHANGE_CIPHER_SPEC)),
  'wire.alert': (forger) => forger.alert(40),
};

const PROOF: Readonly<Record<string, Sayings>> = {
  'wire.certificate': {
    'crypto.accepted': (forger) => forger.messages(forger.certificates()),
    'crypto.malformed': (forger) => forger.messages(forger.certificates(undefined, hex('07'))),
    'crypto.badCertificate': (forger) => forger.messages(forger.certificates([])),
    'crypto.peerMismatch': (forger) => forger.messages(forger.certificates()),
  },
  'wire.certificateVerify': {
    'crypto.accepted': (forger) => forger.messages(forger.certificateVerify()),
    'crypto.malformed': (forger) => forger.messages(forger.certificateVerify({ scheme: 0x0804 })),
    'crypto.badSignature': (forger) => forger.messages(forger.certificateVerify({ flip: true })),
  },
  'wire.finished': {
    'crypto.accepted': (forger) => forger.messages(forger.finished()),
    'crypto.malformed': (forger) => forger.messages(forger.finished(), hex('18000001')),
    'crypto.badFinished': (forger) => forger.messages(forger.finished({ flip: true })),
  },
};

/** By what is said, and what is found of it. */
const SERVER_SAYS: Readonly<Record<string, Sayings>> = {
  'wire.serverHello': {
    'crypto.accepted': (forger) => {
      const hello = forger.messages(forger.serverHello());
      forger.seal();
      return hello;
    },
    'crypto.malformed': (forger) => forger.messages(forger.serverHello({ suites: [0x1304] })),
    'crypto.noCommonVersion': (forger) =>
      forger.messages(forger.serverHello({ extensions: { [supportedVersions]: null } })),
  },
  'wire.helloRetryRequest': {
    'crypto.accepted': (forger) => forger.messages(forger.retry(TLS_GROUP.secp256r1)),
    'crypto.malformed': (forger) => forger.messages(forger.retry(TLS_GROUP.x25519)),
    'crypto.noCommonVersion': (forger) =>
      forger.messages(forger.retry(TLS_GROUP.secp256r1, { [supportedVersions]: null })),
  },
  'wire.encryptedExtensions': {
    'crypto.accepted': (forger) => forger.messages(forger.encryptedExtensions()),
    'crypto.malformed': (forger) => forger.messages(forger.encryptedExtensions(['h2'])),
  },
  'wire.certificateRequest': {
    'crypto.accepted': (forger) => forger.messages(forger.certificateRequest()),
    'crypto.malformed': (forger) => forger.messages(forger.certificateRequest([])),
    'crypto.noCommonSuite': (forger) => forger.messages(forger.certificateRequest([0x0807])),
  },
  ...PROOF,
};

const hello =
  (options: Parameters<TlsForger['clientHello']>[0]): Say =>
  (forger) =>
    forger.messages(forger.clientHello(options));

const CLIENT_SAYS: Readonly<Record<string, Sayings>> = {
  'wire.clientHello': {
    'crypto.accepted': hello({}),
    'crypto.noShare': hello({ extensions: { [keyShare]: NO_SHARES } }),
    'crypto.malformed': hello({ extensions: { [keyShare]: LOW_ORDER } }),
    'crypto.noCommonVersion': hello({ extensions: { [supportedVersions]: null } }),
    'crypto.noCommonSuite': hello({ suites: [0x1304] }),
    'crypto.noCommonProtocol': hello({
      extensions: { [applicationLayerProtocolNegotiation]: encodeTlsProtocols(['h2']) },
    }),
  },
  ...PROOF,
};

/** What each role's peer says in which state of the node; retries apart. */
const AWAITED = (state: string): string => {
  const message = state.replace('awaiting', '').replace('Second', '');
  return `wire.${message.charAt(0).toLowerCase()}${message.slice(1)}`;
};

function driverOf(machine: 'tlsClient' | 'tlsServer', says: Readonly<Record<string, Sayings>>): LiveDriver {
  return {
    model: modelOf(machine),
    reach: {
      can: ({ type }, { state, path }) => {
        // Findings are made in the turn of their message: nothing comes between.
        if (state.startsWith('judging')) {
          const isSecond = holds(path, 'crypto.noShare');
          return (
            type in (says[typeAt(path.steps, path.steps.length - 1)] ?? {}) && !(isSecond && type === 'crypto.noShare')
          );
        }
        if (type === 'wire.helloRetryRequest') return state === 'awaitingServerHello';
        // Before any hello one is unexpected already.
        if (type === 'wire.flood') return state !== 'awaitingClientHello';
        return type === AWAITED(state) || type in ANYWHERE || type.startsWith('transport.') || isDeadline(type);
      },
    },
    begin: (path, trace) => new Shaking(machine === 'tlsClient', says, path, trace),
  };
}

class Shaking implements LiveRun {
  readonly #side: NoiseSide;
  readonly #forger: TlsForger;
  readonly #says: Readonly<Record<string, Sayings>>;

  constructor(isClient: boolean, says: Readonly<Record<string, Sayings>>, path: ModelPath, trace: TraceSink) {
    const expectedPeer = holds(path, 'crypto.peerMismatch') ? { expectedPeer: SOMEBODY_ELSE } : {};
    const role = isClient ? 'dialer' : 'listener';
    this.#side = new NoiseSide(role, { trace, protocol: tlsProtocol, ...expectedPeer }).start();
    this.#forger = new TlsForger(isClient ? 'listener' : 'dialer');
    this.#says = says;
  }

  play(steps: readonly ModelStep[], at: number): number {
    const type = typeAt(steps, at);
    if (isDeadline(type)) return fireDeadline(this.#side.clock);
    if (type === 'transport.ended' || type === 'transport.failed') {
      this.#side.hearEvent({ type });
      return 1;
    }
    this.#forger.hear(this.#side.takeWire());
    const anywhere = ANYWHERE[type];
    if (anywhere !== undefined) {
      this.#side.hear(anywhere(this.#forger));
      return 1;
    }
    const finding = typeAt(steps, at + 1);
    const say = this.#says[type]?.[finding === '' ? 'crypto.accepted' : finding];
    if (say === undefined) throw new Error(`nothing is said that is ${type}, and found ${finding}`);
    this.#side.hear(say(this.#forger));
    return finding === '' ? 1 : 2;
  }

  close() {
    const side = this.#side;
    side.environment.turns.post(() => side.handler.dispose());
    return {
      actors: side.environment.liveActors,
      timers: side.clock.pendingTimers,
      broken: side.broken.map(({ code }) => code),
    };
  }
}

export const tlsClientDriver: LiveDriver = driverOf('tlsClient', SERVER_SAYS);
export const tlsServerDriver: LiveDriver = driverOf('tlsServer', CLIENT_SAYS);
