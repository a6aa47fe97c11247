/** Patterns of addresses, states and frames: `*` stands for a run of characters, in an address of one part of it. */

/** Whether `text` is what `pattern` says, `*` being any run of characters. */
export function matchesText(pattern: string, text: string): boolean {
  return expressionOf(pattern, '.*', '.*').test(text);
}

/**
 * Whether `address` is what `pattern` says: `*` is one part or a piece of it, `**` any number of parts. A pattern may
 * leave out how the address begins: `conn:2/secio` finds `/node/swarm/conn:2/secio`.
 */
export function matchesAddress(pattern: string, address: string): boolean {
  const anchored = pattern.startsWith('/') ? pattern : `**/${pattern}`;
  return expressionOf(anchored, '[^/]*', '.*').test(address);
}

const known = new Map<string, RegExp>();

function expressionOf(pattern: string, star: string, doubleStar: string): RegExp {
  const key = `${star} ${pattern}`;
  let expression = known.get(key);
  if (expression === undefined) {
    const source = pattern
      .split(/(\*\*|\*)/)
      .map((piece) => (piece === '*' ? star : piece === '**' ? doubleStar : escaped(piece)))
      .join('');
    expression = new RegExp(`^${source}$`, 's');
    known.set(key, expression);
  }
  return expression;
}

function escaped(text: string): string {
  return text.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');
}
