/** What the RPC runs on: bytes both ways. `platform/rpc-socket.ts` makes them of sockets, tests of memory. */

/** One connection of a client with a daemon. */
export interface RpcChannel {
  /** Bytes that were written and not taken yet. */
  readonly queuedBytes: number;
  write(text: string): void;
  /** Closes it when all that was written is taken. */
  end(): void;
  /** Closes it at once. */
  destroy(): void;
  /** Hears what comes, and once that the channel is closed; call it once, in the turn that gives the channel. */
  listen(events: { readonly data: (chunk: Uint8Array) => void; readonly closed: () => void }): void;
}
