/** Where a specification that the catalogue names can be read. */

const RULES: readonly (readonly [RegExp, (...found: string[]) => string])[] = [
  [/^RFC (\d+)$/, (number) => `https://www.rfc-editor.org/rfc/rfc${number}`],
  [/^BEP (\d+)$/, (number) => `https://www.bittorrent.org/beps/bep_${number.padStart(4, '0')}.html`],
  [/^(draft-[\w-]+)$/, (name) => `https://datatracker.ietf.org/doc/html/${name}`],
  [/^specs\.ipfs\.tech ([\w-]+)$/, (name) => `https://specs.ipfs.tech/${IPFS_PLACES[name] ?? ''}`],
  [
    /^((?:libp2p|multiformats|ipfs)\/[\w-]+) ([\w./-]+\.md)$/,
    (repository, path) => `https://github.com/${repository}/blob/master/${path}`,
  ],
  [/^((?:libp2p|multiformats|ipfs)\/[\w-]+)(?: .*)?$/, (repository) => `https://github.com/${repository}`],
];

const IPFS_PLACES: Readonly<Record<string, string>> = {
  'bitswap-protocol': 'bitswap-protocol/',
  'ipns-record': 'ipns/ipns-record/',
  'http-routing-v1': 'routing/http-routing-v1/',
};

/** The specifications of a catalogue entry, each with a link where one is known. Several are separated by `; `. */
export function specLinks(spec: string): string {
  return spec
    .split('; ')
    .map((one) => {
      for (const [pattern, link] of RULES) {
        const found = pattern.exec(one);
        if (found !== null) return `[${one}](${link(...found.slice(1))})`;
      }
      return one;
    })
    .join('; ');
}
