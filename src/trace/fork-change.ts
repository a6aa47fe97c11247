/** What becomes of a recorded input where a trace is forked: said by whoever orders a fork, done by `replay/fork`. */
export type ForkChange =
  /** It never comes. */
  | { readonly kind: 'drop' }
  /** It comes later, and what comes on the same connection behind it. */
  | { readonly kind: 'delay'; readonly byMs: number }
  /** Other bytes come, in hex; for `io:bytes_received` alone, as the two below. */
  | { readonly kind: 'bytes'; readonly hex: string }
  /** The bytes come twice. */
  | { readonly kind: 'duplicate' }
  /** The bytes come in two pieces, the first of `atByte` bytes. */
  | { readonly kind: 'split'; readonly atByte: number };
