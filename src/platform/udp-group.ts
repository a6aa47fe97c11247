/**
 * A multicast group over node:dgram: one socket that hears it on every interface, and one for each interface that sends,
 * bound to that interface and the group's port. So what leaves has the right source, and an interface that goes does not
 * keep the others from sending. Interfaces come and go, with every change of network: they are looked at now and then.
 */
import { createSocket, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { boundSocket, closeSockets, sendDatagram } from './udp-socket.js';

/** RFC 6762, 11: who hears less knows that it came from elsewhere. */
const MULTICAST_TTL = 255;

/** What a group is made of. */
export interface UdpGroupOptions {
  readonly group: string;
  readonly port: number;
  /** The IPv4 addresses of the interfaces to use now; asked for at the beginning and then each `watchMs`. */
  readonly listInterfaces: () => readonly string[];
  readonly watchMs: number;
  onMessage(bytes: Uint8Array, address: string, port: number): void;
  /** The hearing socket is gone. */
  onFailed(cause: unknown): void;
}

/** One group. */
export class UdpGroup {
  readonly #options: UdpGroupOptions;
  readonly #hearing: Socket = createSocket({ type: 'udp4', reuseAddr: true });
  /** By the address of their interface. */
  readonly #senders = new Map<string, Socket>();
  #port = 0;
  #watch: NodeJS.Timeout | undefined;
  #isUpdating = false;
  #isOver = false;

  constructor(options: UdpGroupOptions) {
    this.#options = options;
  }

  get port(): number {
    return this.#port;
  }

  /** Rejects where the port cannot be had, or no interface carries the group. */
  async open(): Promise<void> {
    await boundSocket(this.#hearing, this.#options.port);
    this.#port = this.#hearing.address().port;
    const failed = await this.#update();
    if (this.#senders.size === 0) {
      throw failed instanceof Error ? failed : new Error('no interface carries multicast');
    }
    this.#hear(this.#hearing, (cause) => this.#options.onFailed(cause));
    this.#watch = setInterval(() => void this.#update(), this.#options.watchMs);
    this.#watch.unref();
  }

  /** To one endpoint, for which the system finds the way, or to the group on every interface. */
  send(bytes: Uint8Array, to?: { readonly address: string; readonly port: number }): void {
    if (to !== undefined) sendDatagram(this.#hearing, bytes, to.port, to.address);
    else for (const sender of this.#senders.values()) sendDatagram(sender, bytes, this.#port, this.#options.group);
  }

  close(onClosed?: () => void): void {
    this.#isOver = true;
    clearInterval(this.#watch);
    closeSockets([this.#hearing, ...this.#senders.values()], onClosed);
    this.#senders.clear();
  }

  /** Takes up interfaces that have come, and leaves those that have gone; never rejects, and answers why the last one failed. */
  async #update(): Promise<unknown> {
    if (this.#isUpdating) return undefined;
    this.#isUpdating = true;
    const wanted = this.#options.listInterfaces();
    for (const address of [...this.#senders.keys()]) if (!wanted.includes(address)) this.#leave(address);
    let failed: unknown;
    for (const address of wanted) {
      if (this.#isOver || this.#senders.has(address)) continue;
      try {
        await this.#join(address);
      } catch (cause) {
        // It went while it was looked at: the others serve.
        failed = cause;
        this.#leave(address);
      }
    }
    this.#isUpdating = false;
    return failed;
  }

  async #join(address: string): Promise<void> {
    this.#hearing.addMembership(this.#options.group, address);
    const sender = createSocket({ type: 'udp4', reuseAddr: true });
    this.#senders.set(address, sender);
    await boundSocket(sender, this.#port, address);
    sender.setMulticastInterface(address);
    sender.setMulticastTTL(MULTICAST_TTL);
    sender.setMulticastLoopback(true);
    this.#hear(sender, () => this.#leave(address));
  }

  #leave(address: string): void {
    const sender = this.#senders.get(address);
    // Not joined: another address of the same interface may be.
    if (sender === undefined) return;
    this.#senders.delete(address);
    closeSockets([sender]);
    try {
      this.#hearing.dropMembership(this.#options.group, address);
    } catch {
      // The system has dropped it with the interface.
    }
  }

  #hear(socket: Socket, failed: (cause: unknown) => void): void {
    socket.removeAllListeners('error');
    socket.on('message', (bytes, { address, port }) => this.#options.onMessage(bytes, address, port));
    socket.on('error', failed);
  }
}

/** One IPv4 address of each interface that leads out of this machine; loopback where there is none. */
export function ownInterfaces(): readonly string[] {
  const found = Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.filter(({ family }) => family === 'IPv4').slice(0, 1),
  );
  const outer = found.filter(({ internal }) => !internal);
  return (outer.length > 0 ? outer : found).map(({ address }) => address);
}
