/** Bitswap messages as events of the connection's chain, for whoever taps it. */
import type { MessageEvent } from '../../messages.js';
import type { BitswapMessage } from '../../wire/bitswap.js';

/** Counts of what a message carries; `bytes` is its size on the stream. */
export function describeMessage(message: BitswapMessage, bytes: number): MessageEvent {
  const entries = message.wantlist?.entries ?? [];
  let cancels = 0;
  let haves = 0;
  for (const entry of entries) {
    if (entry.cancel) cancels++;
    else if (entry.wantType === 'have') haves++;
  }
  return {
    type: 'bitswap.message',
    bytes,
    wantBlocks: entries.length - cancels - haves,
    wantHaves: haves,
    cancels,
    full: message.wantlist?.full ?? false,
    blocks: message.blocks.length,
    presences: message.presences.length,
  };
}
