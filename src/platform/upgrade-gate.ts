/**
 * Sockets of a server that have not become a WebSocket yet, TLS handshake and request included: counted, timed, and
 * dropped with the server. Node counts and times requests, but neither sockets without one nor slow handshakes.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { WebSocketLimits } from './websocket-connection.js';

/** The sockets under way of one server. */
export class UpgradeGate {
  /** By the peer's address and port: of a TLS socket and the plain one below it, these are the same. */
  readonly #underWay = new Map<string, { readonly socket: Socket; readonly deadline: NodeJS.Timeout }>();

  constructor(server: Server, limits: WebSocketLimits) {
    server.on('connection', (socket: Socket) => {
      // A TLS server tells the decrypted socket as another connection.
      if ('encrypted' in socket) return;
      if (this.#underWay.size >= limits.websocketUpgrades) {
        socket.destroy();
        return;
      }
      const key = keyOf(socket);
      const deadline = setTimeout(() => socket.destroy(), limits.websocketUpgradeTimeoutMs);
      this.#underWay.set(key, { socket, deadline });
      socket.once('close', () => {
        if (this.#underWay.get(key)?.socket === socket) this.#forget(key);
      });
      socket.on('error', () => undefined);
    });
  }

  /** The upgrade on `socket` is through. */
  passed(socket: Socket): void {
    this.#forget(keyOf(socket));
  }

  /** Drops what is under way. */
  close(): void {
    for (const { socket } of this.#underWay.values()) socket.destroy();
  }

  #forget(key: string): void {
    clearTimeout(this.#underWay.get(key)?.deadline);
    this.#underWay.delete(key);
  }
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? ''} ${remotePort ?? 0}`;
}
