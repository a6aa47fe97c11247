/**
 * Ports: everything the engine asks of the outside. Time, randomness, sockets, ciphers and storage come in here and
 * nowhere else, so that recording these ports records a node, and feeding them back replays it.
 *
 * The real twins live in `platform/`, the simulated ones in `sim/`.
 */
import type { CID } from 'multiformats/cid';
import type { EngineError } from './errors.js';

export type * from './http-ports.js';
export * from './trace-ports.js';

// ---------------------------------------------------------------- time and chance

/** Time. Structurally what XState takes as `clock`. */
export interface Clock {
  /** Milliseconds since an origin of the clock's own; never goes back. */
  now(): number;
  /** Milliseconds since the Unix epoch, for what people read; may jump. */
  wallTime(): number;
  setTimeout(fire: (...args: unknown[]) => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
  /**
   * Runs `fire` once, when the work at hand is done: what turns that follow each other have to send then leaves together.
   * Absent, as for recorded and simulated nodes, what a turn has to send leaves at its end.
   */
  soon?(fire: () => void): void;
}

/** Randomness. Each draw is labelled, so that a new draw in one place does not shift the others of a seeded source. */
export interface RandomSource {
  bytes(label: string, size: number): Uint8Array;
}

// ---------------------------------------------------------------- transports

/** What a transport connection tells its owner. Called from outside any turn; the owner posts a turn. */
export interface TransportEvents {
  /** Bytes came. The view is the owner's: the transport never writes to it again. */
  onChunk(chunk: Uint8Array): void;
  /** Several that came at one moment: they are one turn. */
  onChunks(chunks: readonly Uint8Array[]): void;
  /** Everything written has left; `write` may go on. Called only after `write` answered false. */
  onDrained(): void;
  /** The peer will send nothing more. Our side may still write. */
  onEnded(): void;
  /** The connection is gone, both ways; the last call. `error` is absent for a clean close. */
  onClosed(error?: EngineError): void;
}

/** One raw connection: a socket, a pipe, or one half of an in-memory pair. */
export interface TransportConnection {
  /** Multiaddr text of the other end, without a peer id, e.g. `/ip4/127.0.0.1/tcp/4001`. */
  readonly remoteAddress: string;
  readonly localAddress: string;
  /** Under which a trace knows it, where one is being recorded. */
  readonly number?: number;
  /** Attaches the owner and begins delivery. Call once. */
  open(events: TransportEvents): void;
  /** Writes the chunks in order, as one gathered write; `false` asks to wait for `onDrained`. */
  write(chunks: readonly Uint8Array[]): boolean;
  /** Stops and restarts `onChunk`. */
  pause(): void;
  resume(): void;
  /** Half-close: flushes, then tells the peer that nothing more comes. */
  end(): void;
  /** Drops the connection at once. */
  destroy(): void;
  /** As `destroy`, and the peer hears of it as a failure and no orderly end (TCP: RST), where a transport can say so. */
  reset?(): void;
}

/** A listening address. */
export interface TransportListener {
  /** The addresses in fact listened on (port 0 replaced by the real one), without peer id. */
  readonly addresses: readonly string[];
  /** Stops accepting; open connections stay. Calls back when the port is free. */
  close(onClosed: () => void): void;
}

/** Ends an attempt that is under way; after it no callback of that attempt is called. */
export type Cancel = () => void;

/** A way to make raw connections, chosen by address. */
export interface Transport {
  readonly name: string;
  /** Whether this transport understands the multiaddr text (with or without `/p2p/...`). */
  handles(address: string): boolean;
  /** Dials; calls exactly one of the two back, later or at once, unless cancelled. */
  dial(
    address: string,
    onConnected: (connection: TransportConnection) => void,
    onFailed: (error: EngineError) => void,
  ): Cancel;
  listen(
    address: string,
    onConnection: (connection: TransportConnection) => void,
    onListening: (listener: TransportListener) => void,
    onFailed: (error: EngineError) => void,
  ): void;
}

// ---------------------------------------------------------------- names

/** Names into addresses. A name that is not known has no answers; a server that does not answer rejects. */
export interface Resolver {
  /** TXT records, the strings of each joined. */
  resolveTxt(name: string): Promise<readonly string[]>;
  /** IPv4 addresses, in text. */
  resolve4(name: string): Promise<readonly string[]>;
  /** IPv6 addresses, in text. */
  resolve6(name: string): Promise<readonly string[]>;
}

// ---------------------------------------------------------------- datagrams

/** Where a datagram comes from, or goes to. */
export interface DatagramEndpoint {
  /** An IP address in text; to send, also a name, which the system resolves. */
  readonly address: string;
  readonly port: number;
}

/** What a datagram socket is opened for. */
export interface DatagramOptions {
  /** 0: any free one. */
  readonly port: number;
  /** Default 4. */
  readonly family?: 4 | 6;
  /** An IPv4 multicast group to join, e.g. `224.0.0.251`; the port is then shared with others of this machine. */
  readonly group?: string;
  /**
   * IPv4 addresses of the interfaces on which the group is joined and sent to. Default: every interface that leads out of
   * this machine, and loopback where there is none.
   */
  readonly interfaces?: readonly string[];
}

/** What a datagram socket tells its owner. Called from outside any turn. */
export interface DatagramEvents {
  /** The bytes are the owner's. What a group hears includes what it was sent by this socket. */
  onMessage(bytes: Uint8Array, from: DatagramEndpoint): void;
  /** The socket is gone by itself; the last call. */
  onFailed(error: EngineError): void;
}

/** An open datagram socket. */
export interface DatagramSocket {
  /** The port in fact bound. */
  readonly port: number;
  /** To one endpoint, or without one to the group, on each of its interfaces. What cannot be sent is lost, as datagrams are. */
  send(bytes: Uint8Array, to?: DatagramEndpoint): void;
  /** After it nothing is called but `onClosed`, once, when the port is free. */
  close(onClosed?: () => void): void;
}

/** Datagrams: UDP. */
export interface Datagrams {
  /** Calls exactly one of `onOpened` and `onFailed` back (`ERR_DATAGRAM_FAILED`), later or at once, unless cancelled. */
  open(
    options: DatagramOptions,
    events: DatagramEvents,
    onOpened: (socket: DatagramSocket) => void,
    onFailed: (error: EngineError) => void,
  ): Cancel;
}

// ---------------------------------------------------------------- ciphers

/** A running key stream (counter mode): each call goes on where the last one ended. */
export interface StreamCipher {
  update(bytes: Uint8Array): Uint8Array;
}

/** A keyed MAC over several pieces. */
export interface Mac {
  readonly sizeBytes: number;
  digest(pieces: readonly Uint8Array[]): Uint8Array;
}

/** ChaCha20-Poly1305 (RFC 8439) or AES-GCM (NIST SP 800-38D) under one key: nonces of 12 bytes, tags of 16. */
export interface Aead {
  /** Ciphertext pieces followed by the 16-byte tag, for the plaintext pieces taken together. */
  seal(nonce: Uint8Array, plaintext: readonly Uint8Array[], associatedData: Uint8Array): readonly Uint8Array[];
  /** The plaintext of `ciphertext` (tag included), in memory of its own, or `undefined` when it does not verify. */
  open(nonce: Uint8Array, ciphertext: Uint8Array, associatedData: Uint8Array): Uint8Array | undefined;
}

/** One side of a Diffie-Hellman exchange; the private part stays inside. */
export interface KeyAgreement {
  /** X25519: 32 bytes. NIST curves: the uncompressed point (0x04, x, y). */
  readonly publicKey: Uint8Array;
  /**
   * The shared secret at its full width (32, 48 or 66 bytes on the NIST curves), or `undefined` when the remote key is
   * not a valid point (off the curve, wrong length, low order).
   */
  sharedSecret(remotePublicKey: Uint8Array): Uint8Array | undefined;
}

export type AgreementCurve = 'x25519' | 'P-256' | 'P-384' | 'P-521';
export type HashName = 'sha256' | 'sha384' | 'sha512';
/** Identity key types, by their names in the libp2p keys protobuf. */
export type KeyType = 'RSA' | 'Ed25519' | 'Secp256k1' | 'ECDSA';

/** Signs with one private key; the key stays inside. */
export interface Signer {
  readonly type: KeyType;
  /**
   * Public key as the libp2p keys protobuf carries it: RSA SPKI DER, Ed25519 32 bytes, secp256k1 33 bytes compressed, ECDSA
   * SPKI DER of P-256.
   */
  readonly publicKey: Uint8Array;
  sign(data: Uint8Array): Uint8Array;
}

/** How the key of a certificate signs, by the names of TLS (RFC 8446, 4.2.3). */
export type SignatureScheme = 'ecdsa_secp256r1_sha256' | 'ed25519' | 'rsa_pss_rsae_sha256' | 'rsa_pkcs1_sha256';

/** Signs for a certificate: ECDSA on P-256 over SHA-256, by RFC 6979, so that the same key and data give the same bytes. */
export interface CertificateSigner {
  /** The uncompressed point (0x04, x, y). */
  readonly publicKey: Uint8Array;
  /** The signature in DER. */
  sign(data: Uint8Array): Uint8Array;
}

/** Symmetric ciphers, hashes and key operations; synchronous, so that a handshake runs inside one turn. */
export interface Ciphers {
  hash(name: HashName, pieces: readonly Uint8Array[]): Uint8Array;
  hmac(name: HashName, key: Uint8Array): Mac;
  /** AES in counter mode; the key's length (16 or 32) chooses AES-128 or AES-256. */
  aesCtr(key: Uint8Array, iv: Uint8Array): StreamCipher;
  chacha20Poly1305(key: Uint8Array): Aead;
  /** AES-GCM; the key's length (16 or 32) chooses AES-128 or AES-256. */
  aesGcm(key: Uint8Array): Aead;
  /** A key pair on `curve` from `seed` (see {@link AGREEMENT_SEED_BYTES}); the same seed gives the same pair. */
  keyAgreement(curve: AgreementCurve, seed: Uint8Array): KeyAgreement;
  /**
   * A signer for a private key as the libp2p keys protobuf carries it: RSA PKCS#1 DER, Ed25519 seed or 64 bytes, secp256k1 32
   * bytes, ECDSA ECPrivateKey DER of P-256.
   */
  signer(type: KeyType, privateKey: Uint8Array): Signer;
  /** Whether `signature` over `data` is by `publicKey`; false for malformed keys and signatures, never throws. */
  verify(type: KeyType, publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean;
  /** A signer for our own certificate, from a seed of P-256 (see {@link AGREEMENT_SEED_BYTES}). */
  certificateSigner(seed: Uint8Array): CertificateSigner;
  /**
   * Whether `signature` over `data` is by the key of a certificate: an uncompressed P-256 point, 32 bytes of Ed25519, or
   * the SubjectPublicKeyInfo of an RSA key. False for malformed keys and signatures, never throws.
   */
  verifyScheme(scheme: SignatureScheme, publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean;
}

/** Bytes of seed for one key pair: enough over the group order that reduction leaves no bias that matters. */
export const AGREEMENT_SEED_BYTES: { readonly [Curve in AgreementCurve]: number } = {
  x25519: 32,
  'P-256': 48,
  'P-384': 72,
  'P-521': 99,
};

// ---------------------------------------------------------------- stores

/** A block as it is stored: its CID and the bytes that hash to it. */
export interface StoredBlock {
  readonly cid: CID;
  readonly bytes: Uint8Array;
}

/** Blocks by multihash: the codec of a CID does not matter to the store. */
export interface BlockStore {
  has(cid: CID): Promise<boolean>;
  get(cid: CID): Promise<Uint8Array | undefined>;
  /** Several at once, in order; `undefined` where a block is missing. One round trip for the store. */
  getMany(cids: readonly CID[]): Promise<readonly (Uint8Array | undefined)[]>;
  /** Stores all or none; resolves when they are durable to the store's own standard. */
  putMany(blocks: readonly StoredBlock[]): Promise<void>;
  delete(cid: CID): Promise<void>;
  /** Every block's CID, as CIDv1 raw, in the store's order. */
  cids(): AsyncIterable<CID>;
  close(): Promise<void>;
}

/** Small values by text key: peers, records, settings. */
export interface DataStore {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, value: Uint8Array): Promise<void>;
  /** Puts all or none, as one write. Absent: who has many puts them one by one. */
  putMany?(entries: readonly (readonly [key: string, value: Uint8Array])[]): Promise<void>;
  delete(key: string): Promise<void>;
  /** Entries whose key begins with `prefix`, in key order. */
  query(prefix: string): AsyncIterable<readonly [key: string, value: Uint8Array]>;
  close(): Promise<void>;
}
