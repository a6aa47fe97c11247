/** Announces to a tracker over UDP (BEP 15): four messages of fixed form. */
import { EngineError } from '../errors.js';
import { LIMITS, type Limits } from '../limits.js';
import { compactPeers, refused, type TrackerAnswer, type TrackerRequest } from './tracker.js';

/** What a tracker says, and under which transaction of ours. */
export type UdpTrackerMessage =
  | { readonly type: 'connected'; readonly connection: Uint8Array }
  | { readonly type: 'announced'; readonly answer: TrackerAnswer }
  | { readonly type: 'refused'; readonly error: EngineError };

/** "magic constant" of BEP 15, which stands where a connection id will. */
const PROTOCOL = Uint8Array.of(0x00, 0x00, 0x04, 0x17, 0x27, 0x10, 0x19, 0x80);
const CONNECT = 0;
const ANNOUNCE = 1;
const ERROR = 3;
const CONNECTION_BYTES = 8;
const HEADER_BYTES = 8;
const CONNECTED_BYTES = 16;
const ANNOUNCE_BYTES = 98;
const ANNOUNCED_BYTES = 20;
const EVENTS = { started: 2, stopped: 3 } as const;

/** Asks for a connection id. `transaction`: 4 bytes of chance. */
export function encodeUdpConnect(transaction: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(CONNECTED_BYTES);
  bytes.set(PROTOCOL, 0);
  new DataView(bytes.buffer).setUint32(8, CONNECT);
  bytes.set(transaction, 12);
  return bytes;
}

/** An announce under a connection id of 8 bytes. */
export function encodeUdpAnnounce(
  connection: Uint8Array,
  transaction: Uint8Array,
  request: TrackerRequest,
): Uint8Array {
  const bytes = new Uint8Array(ANNOUNCE_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(connection, 0);
  view.setUint32(8, ANNOUNCE);
  bytes.set(transaction, 12);
  bytes.set(request.infohash, 16);
  bytes.set(request.peerId, 36);
  // Downloaded (56) and uploaded (72) stay 0.
  view.setUint32(68, request.isComplete ? 0 : 1);
  view.setUint32(80, request.event === undefined ? 0 : EVENTS[request.event]);
  // The address (84) stays 0: the one that the datagram comes from.
  bytes.set(request.peerId.subarray(-4), 88);
  view.setInt32(92, request.wanted);
  view.setUint16(96, request.port);
  return bytes;
}

/** The transaction under which a message came, 4 bytes; `undefined` for what is too short to have one. */
export function udpTransactionOf(bytes: Uint8Array): Uint8Array | undefined {
  return bytes.length < HEADER_BYTES ? undefined : bytes.subarray(4, HEADER_BYTES);
}

/** Decodes what a tracker sent; `family`: of its address, which its peers have too. Throws `ERR_TRACKER_BAD_ANSWER`. */
export function decodeUdpTracker(
  bytes: Uint8Array,
  family: 4 | 6 = 4,
  limits: Pick<Limits, 'trackerPeersPerAnswer'> = LIMITS,
): UdpTrackerMessage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const action = bytes.length < HEADER_BYTES ? undefined : view.getUint32(0);
  if (action === CONNECT && bytes.length >= CONNECTED_BYTES) {
    return { type: 'connected', connection: bytes.slice(HEADER_BYTES, HEADER_BYTES + CONNECTION_BYTES) };
  }
  if (action === ANNOUNCE && bytes.length >= ANNOUNCED_BYTES) {
    const peers = compactPeers(bytes.subarray(ANNOUNCED_BYTES), family, limits.trackerPeersPerAnswer);
    return { type: 'announced', answer: { intervalSeconds: view.getUint32(8), peers: [...new Set(peers)] } };
  }
  if (action === ERROR) return { type: 'refused', error: refused(bytes.subarray(HEADER_BYTES)) };
  throw new EngineError('ERR_TRACKER_BAD_ANSWER', 'remote', `tracker: no answer over UDP: ${bytes.length} bytes`);
}
