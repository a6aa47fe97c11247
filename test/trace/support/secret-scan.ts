/** Looks for bytes that must not be found in a text: as they are, in hex, in lists of numbers, and in base64. */

/** Something secret, and what it is. */
export interface Secret {
  readonly what: string;
  readonly bytes: Uint8Array;
}

/** Shorter ones are found by chance. */
const LEAST_BYTES = 8;
/** A long secret leaks in pieces too: each run of this many bytes is looked for. */
const WINDOW_BYTES = 16;

/** What was found, in words; empty where nothing was. */
export function findSecrets(text: string, secrets: readonly Secret[]): readonly string[] {
  const windows = windowsOf(secrets);
  const found = new Set<string>();
  for (const { bytes, how } of readings(text)) {
    for (const [length, known] of windows) {
      for (let at = 0; at + length <= bytes.length; at++) {
        const what = known.get(bytes.slice(at, at + length));
        if (what !== undefined) found.add(`${what}, ${how}`);
      }
    }
  }
  return [...found].sort();
}

/** Pieces of the secrets by their length, as texts of one character a byte. */
function windowsOf(secrets: readonly Secret[]): Map<number, Map<string, string>> {
  const windows = new Map<number, Map<string, string>>();
  for (const { what, bytes } of secrets) {
    if (bytes.length < LEAST_BYTES) continue;
    const length = Math.min(WINDOW_BYTES, bytes.length);
    const known = windows.get(length) ?? new Map<string, string>();
    windows.set(length, known);
    const whole = Buffer.from(bytes).toString('latin1');
    // Side by side: a piece of two windows holds one of these whole. One byte over and over says nothing.
    for (let at = 0; at + length <= whole.length; at += length) {
      const window = whole.slice(at, at + length);
      if (new Set(window).size > 3) known.set(window, what);
    }
  }
  return windows;
}

interface Reading {
  /** One character a byte. */
  readonly bytes: string;
  readonly how: string;
}

/** Every way in which bytes may stand in a text. */
function* readings(text: string): Generator<Reading> {
  yield { bytes: text, how: 'as it is' };
  yield { bytes: Buffer.from(text).toString('latin1'), how: 'as it is' };
  for (const [run] of text.matchAll(/[0-9a-f]{16,}/gi)) {
    for (const from of [0, 1]) yield { bytes: Buffer.from(run.slice(from), 'hex').toString('latin1'), how: 'in hex' };
  }
  for (const [run] of text.matchAll(/\d{1,3}(?:,\s*\d{1,3}){7,}/g)) {
    yield { bytes: Buffer.from(run.split(',').map(Number)).toString('latin1'), how: 'as numbers' };
  }
  for (const [run] of text.matchAll(/[\w+/-]{11,}/g)) {
    const plain = run.replaceAll('-', '+').replaceAll('_', '/');
    for (const from of [0, 1, 2, 3]) {
      yield { bytes: Buffer.from(plain.slice(from), 'base64').toString('latin1'), how: 'in base64' };
    }
  }
}
