/**
 * Every failure of TLS that a peer can bring about, in both roles. The peer is no script but the forger of the hostile
 * suites: its certificates are OpenSSL's, so that these recordings are others each time.
 */
import type { TransportConnection } from '../../../src/ports.js';
import { encodeMultistreamMessage, MULTISTREAM_ID } from '../../../src/wire/multistream.js';
import { concat, hex } from '../../support/byte-texts.js';
import { testIdentity } from '../../support/noise-side.js';
import { during, newWorld } from '../../support/sim-nodes.js';
import { MESSAGE_LIMIT_BYTES, TLS_ACTS, type TlsAct } from '../../support/tls-acts/index.js';
import { TlsForger } from '../../support/tls-forger.js';
import { expectFailure, next } from './expecting.js';
import type { Recipe } from './recipe.js';
import { startIn, stopIn } from './virtual.js';

const LINES = concat(encodeMultistreamMessage(MULTISTREAM_ID), encodeMultistreamMessage('/tls/1.0.0'));

/** What the forger does on a connection; each step answers what is sent, and waits for what the node says. */
type Steps = readonly ((forger: TlsForger) => Uint8Array)[];

/** Agrees on TLS, then takes a step whenever the node has said something; `ends`: it closes behind the last one. */
function play(connection: TransportConnection, forger: TlsForger, steps: Steps, ends = false): void {
  const left = [...steps];
  /** Bytes of the node's lines that are still to come. */
  let lines = LINES.length;
  const step = (): void => {
    const take = left.shift();
    const bytes = take?.(forger);
    if (bytes !== undefined && bytes.length > 0) connection.write([bytes]);
    if (left.length === 0 && ends && take !== undefined) connection.end();
  };
  const onChunks = (chunks: readonly Uint8Array[]): void => {
    const all = concat(...chunks);
    const bytes = all.subarray(lines);
    if (lines > 0 && all.length >= lines) {
      if (forger.side === 'server') connection.write([LINES]);
      else step();
    }
    lines = Math.max(0, lines - all.length);
    if (bytes.length === 0) return;
    forger.hear(bytes);
    // A hello, or a server's whole flight: then it is our turn.
    if (forger.heard.some(({ kind }) => kind === (forger.side === 'server' ? '22/1' : '22/20'))) step();
  };
  connection.open({
    onChunks,
    onChunk: (chunk) => onChunks([chunk]),
    onDrained: () => undefined,
    onEnded: () => undefined,
    onClosed: () => undefined,
  });
  if (forger.side === 'client') connection.write([LINES]);
}

function stepsOf({ at, bytes }: Pick<TlsAct, 'at' | 'bytes'>, side: TlsForger['side']): Steps {
  if (side === 'client') {
    return at === 'hello' ? [bytes] : [(forger) => forger.messages(forger.clientHello()), bytes];
  }
  if (at === 'hello') return [bytes];
  return [(forger) => concat(forger.messages(forger.serverHello()), bytes(forger.seal()))];
}

/** An act of the table, against a node that dials. */
function dialed(name: string, actName: string, expectedPeer?: string): Recipe {
  const act = TLS_ACTS.find((one) => one.role === 'dialer' && one.name === actName);
  if (act === undefined) throw new Error(`no act is called ${actName}`);
  return dialedBy(name, actName, act, expectedPeer);
}

function dialedBy(
  name: string,
  title: string,
  act: Pick<TlsAct, 'at' | 'bytes' | 'code' | 'forgery' | 'ends'> & { readonly inSession?: boolean },
  expectedPeer?: string,
): Recipe {
  return {
    name,
    title: `TLS, dialed by us: ${title}`,
    peers: [],
    record: async (recording) => {
      const world = newWorld();
      const limits = { tlsHandshakeMessageBytes: MESSAGE_LIMIT_BYTES, tlsHandshakeTimeoutMs: 5_000 };
      const node = await startIn(world, recording, { listen: [], security: ['tls'], limits });
      const forger = new TlsForger('listener', act.forgery);
      world.network.transport.listen(
        '/memory/peer',
        (connection) => play(connection, forger, stepsOf(act, 'server'), act.ends),
        () => undefined,
        () => undefined,
      );
      const address = expectedPeer === undefined ? '/memory/peer' : `/memory/peer/p2p/${expectedPeer}`;
      const closed = next(node, 'connection.closed');
      if (act.inSession === true) {
        await during(world, node.dial(address));
        await during(world, closed);
      } else await during(world, expectFailure(node.dial(address), act.code));
      await stopIn(world, node);
    },
  };
}

/** An act of the table, against a node that is dialed. */
function accepted(name: string, actName: string): Recipe {
  const act = TLS_ACTS.find((one) => one.role === 'listener' && one.name === actName);
  if (act === undefined) throw new Error(`no act is called ${actName}`);
  return {
    name,
    title: `TLS, dialed by the peer: ${actName}`,
    peers: [],
    record: async (recording) => {
      const world = newWorld();
      const node = await startIn(world, recording, { listen: ['/memory/node'], security: ['tls'] });
      const failed = next(node, 'connection.failed');
      const forger = new TlsForger('dialer', act.forgery);
      world.network.transport.dial(
        '/memory/node',
        (connection) => play(connection, forger, stepsOf(act, 'client'), act.ends),
        () => undefined,
      );
      await during(world, failed);
      await stopIn(world, node);
    },
  };
}

export const TLS_FAILURES: readonly Recipe[] = [
  dialed('tls-bad-record', 'a flipped bit of the tag'),
  dialed('tls-bad-message', 'an application protocol that we do not offer'),
  dialed('tls-no-common-version', 'a ServerHello of TLS 1.2'),
  dialed('tls-no-common-suite', 'a CertificateRequest for schemes by which we do not sign'),
  dialed('tls-bad-certificate', 'an extension with a signature over another key'),
  dialed('tls-bad-signature', 'a CertificateVerify by another key'),
  dialed('tls-bad-finished', 'a Finished that is wrong'),
  dialed('tls-second-retry', 'a second retry'),
  dialed('tls-alert', 'a sealed alert'),
  dialed('tls-flood', 'change_cipher_spec without end'),
  dialed('tls-timeout', 'silence behind the hellos'),
  dialed('tls-ended', 'the end in the middle of a record'),
  dialedBy(
    'tls-peer-mismatch',
    'the certificate proves another peer than the one that was dialed',
    { at: 'proof', code: 'ERR_PEER_ID_MISMATCH', bytes: (forger) => forger.flight() },
    testIdentity('wanted').peerId,
  ),
  dialedBy('tls-bad-record-in-session', 'a record of the open channel does not verify', {
    at: 'proof',
    code: 'ERR_TLS_BAD_RECORD',
    inSession: true,
    bytes: (forger) => concat(forger.flight(), hex('1703030014'), new Uint8Array(20)),
  }),
  accepted('tls-listener-no-common-protocol', 'no application protocol in common'),
  accepted('tls-listener-bad-certificate', 'a certificate without the libp2p extension'),
  accepted('tls-listener-bad-finished', 'a Finished that is wrong'),
];
