/**
 * Who may speak to the inspector's server: a browser of this machine that was given the address. A name that another
 * site's DNS leads here is no host of ours, another site's page no origin, and without the token nobody hears of a node.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { INSPECT_TOKEN_PREFIX } from '../inspect/contract.js';

const TOKEN_BYTES = 32;

/** Headers of every answer. */
export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** Judges requests to one server. */
export class InspectGuard {
  /** In hex. */
  readonly token = randomBytes(TOKEN_BYTES).toString('hex');
  readonly #digest = digestOf(this.token);
  #hosts: ReadonlySet<string> = new Set();

  /** The server listens on `port`. */
  listensOn(port: number): void {
    this.#hosts = new Set(['127.0.0.1', '[::1]', 'localhost'].map((name) => `${name}:${port}`));
  }

  /** Why a request is refused, whatever it asks for; `undefined` where it is not. */
  refusalOf({ headers }: IncomingMessage): string | undefined {
    if (!this.#hosts.has(headers.host ?? '')) return 'this server answers on loopback alone, by its own name';
    const { origin } = headers;
    if (origin === undefined || (origin.startsWith('http://') && this.#hosts.has(origin.slice('http://'.length)))) {
      return undefined;
    }
    return 'this server answers its own page alone';
  }

  /** Whether a token is the right one, in a time that does not tell how much of it is. */
  isToken(shown: string): boolean {
    return timingSafeEqual(digestOf(shown), this.#digest);
  }

  /** The token that an upgrade shows, as a subprotocol or in its query. */
  shownBy({ url = '', headers }: IncomingMessage): string {
    const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    const inProtocol = offered
      .find((name) => name.startsWith(INSPECT_TOKEN_PREFIX))
      ?.slice(INSPECT_TOKEN_PREFIX.length);
    return inProtocol ?? queryOf(url).get('token') ?? '';
  }
}

/** The query of a request's target. */
export function queryOf(url: string): URLSearchParams {
  const at = url.indexOf('?');
  return new URLSearchParams(at === -1 ? '' : url.slice(at + 1));
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
