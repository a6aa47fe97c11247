/** Values as people read them on the page. */

/** A peer id or CID by its head and tail; anything else cut in the middle. */
export function shortId(text: string, shown = 18): string {
  if (text.length <= shown) return text;
  const tail = Math.min(6, Math.floor(shown / 3));
  return `${text.slice(0, shown - tail - 1)}…${text.slice(-tail)}`;
}

/** The beginning of what is too long to be read, and how long it is. */
export function cutText(text: string, most = 4_000): string {
  return text.length <= most ? text : `${text.slice(0, most)}… ${text.length.toLocaleString('en')} characters in all`;
}

/** So many of a thing. */
export function counted(count: number, one: string): string {
  return `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`;
}

/** Bytes with a unit. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const kib = bytes / 1024;
  return kib < 1024 ? `${kib.toFixed(kib < 10 ? 1 : 0)} KiB` : `${(kib / 1024).toFixed(1)} MiB`;
}

/** Milliseconds as a span people can judge. */
export function spanText(ms: number): string {
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 1000) return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
  return ms < 120_000 ? `${(ms / 1000).toFixed(1)} s` : `${(ms / 60_000).toFixed(1)} min`;
}
