/** OpenSSL, as node:tls has it, at the other end of a handler under test: the bytes go back and forth in memory. */
import { Duplex } from 'node:stream';
import { connect, TLSSocket, type TLSSocketOptions } from 'node:tls';
import { forgeCertificate, type Forgery } from './forged-certificate.js';
import type { NoiseSide } from './noise-side.js';

/** What a test may want otherwise. */
export interface OpenSslOptions {
  readonly forgery?: Forgery;
  /** TLS options besides certificate and key. */
  readonly tls?: TLSSocketOptions;
  readonly cut?: (bytes: Uint8Array) => readonly Uint8Array[];
}

/** One end of a TLS connection that OpenSSL speaks. */
export class OpenSslPeer {
  readonly socket: TLSSocket;
  readonly peerId: string;
  readonly errors: string[] = [];
  #heard = Buffer.alloc(0);
  #changed: () => void = () => undefined;
  #ended = false;
  #secure = false;

  /** `side` is the handler's, which is started here; OpenSSL takes the other role. */
  constructor(side: NoiseSide, isServer: boolean, options: OpenSslOptions = {}) {
    const { certificate, privateKey, peerId } = forgeCertificate(options.forgery ?? {});
    this.peerId = peerId;
    const cut = options.cut ?? ((bytes) => [bytes]);
    const wire = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        for (const piece of cut(new Uint8Array(chunk))) side.hear(piece);
        done();
      },
      final: (done) => {
        side.hearEvent({ type: 'transport.ended' });
        done();
      },
    });
    side.handler.outbound$.subscribe(({ chunks }) => {
      for (const chunk of chunks) wire.push(Buffer.from(chunk));
    });
    const pem = (label: string, bytes: Buffer): string =>
      `-----BEGIN ${label}-----\n${bytes.toString('base64')}\n-----END ${label}-----\n`;
    const common = {
      cert: pem('CERTIFICATE', Buffer.from(certificate)),
      key: privateKey.export({ format: 'pem', type: 'pkcs8' }),
      minVersion: 'TLSv1.3' as const,
      rejectUnauthorized: false,
      ALPNProtocols: ['/yamux/1.0.0', 'libp2p'],
      ...options.tls,
    };
    this.socket = isServer
      ? new TLSSocket(wire, { isServer, requestCert: true, ...common })
      : connect({ socket: wire, ...common });
    this.socket.on('data', (bytes: Buffer) => {
      this.#heard = Buffer.concat([this.#heard, bytes]);
      this.#changed();
    });
    this.socket.on('secure', () => {
      this.#secure = true;
      this.#changed();
    });
    this.socket.on('end', () => {
      this.#ended = true;
      this.#changed();
    });
    this.socket.on('error', (error: Error & { code?: string }) => {
      this.errors.push(error.code ?? error.message);
      this.#changed();
    });
    side.start();
  }

  /** What it has read so far. */
  get heard(): string {
    return this.#heard.toString();
  }

  get isSecure(): boolean {
    return this.#secure;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Resolves when `isTrue`, which is asked whenever something has happened. */
  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
        setImmediate(resolve);
      });
    }
  }
}
