/** Application protocols of a libp2p handshake (libp2p/specs tls/tls.md, connections/inlined-muxer-negotiation.md). */

/** Stands for libp2p without a word about the muxer; always the last one. */
export const LIBP2P_ALPN = 'libp2p';

/** What we offer as the client. */
export function offeredProtocols(muxers: readonly string[]): readonly string[] {
  return [...muxers, LIBP2P_ALPN];
}

/** What a server takes of a client's offer. */
export type ChosenProtocol =
  | { readonly kind: 'chosen'; readonly protocol: string }
  /** The client offers nothing, and is answered nothing: the inner multistream follows. */
  | { readonly kind: 'none' }
  | { readonly kind: 'noOverlap' };

/** The first of the client's that we have: its order counts. */
export function chooseProtocol(muxers: readonly string[], offered: readonly string[] | undefined): ChosenProtocol {
  if (offered === undefined) return { kind: 'none' };
  const ours = offeredProtocols(muxers);
  const protocol = offered.find((candidate) => ours.includes(candidate));
  return protocol === undefined ? { kind: 'noOverlap' } : { kind: 'chosen', protocol };
}

/** The muxer that an agreed protocol names, if it names one. */
export function muxerOf(protocol: string | undefined): string | undefined {
  return protocol === LIBP2P_ALPN ? undefined : protocol;
}
