/** A peer's last bytes in words: what they look like, when the layer that read them could not say. */

/** Protocols that often answer on a port where libp2p was expected, by how they begin. */
const BEGINNINGS: readonly (readonly [prefix: string, what: string])[] = [
  ['HTTP/', 'an HTTP response: a web server answers here'],
  ['GET ', 'an HTTP request: a web client speaks here'],
  ['SSH-', 'an SSH banner: an SSH server answers here'],
  ['220 ', 'an SMTP or FTP greeting'],
  ['-ERR', 'a Redis or POP3 error'],
  ['\u0013/multistream/', 'a multistream header'],
  ['\u0016\u0003', 'a TLS record: the peer speaks TLS on the raw connection'],
];

/** Describes bytes given as hex. */
export function decodeLastBytes(hex: string): string {
  const bytes = Array.from({ length: hex.length >> 1 }, (_, index) =>
    Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16),
  );
  const text = String.fromCharCode(...bytes);
  for (const [prefix, what] of BEGINNINGS) if (text.startsWith(prefix)) return `${what}: ${quoted(text)}`;
  const printable = bytes.filter((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d).length;
  if (bytes.length > 0 && printable / bytes.length > 0.8) return quoted(text);
  return `${bytes.length} bytes of binary data`;
}

function quoted(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is made visible here
  return JSON.stringify(text.replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\uffff]/g, '.'));
}
