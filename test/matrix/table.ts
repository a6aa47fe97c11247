/** The matrix as the README shows it: one row a security protocol and muxer, one column an implementation. */
import {
  CELLS,
  COLUMNS,
  DIRECTIONS,
  MUXER_IDS,
  MUXERS,
  SECURITIES,
  SECURITY_IDS,
  titleOf,
  type Cell,
  type Column,
  type Exchange,
} from './cells.js';

/** What became of the test with this title. */
export type Outcome = (title: string) => 'passed' | 'failed' | 'not run';

/** Between them the table stands in the README. */
export const BEGIN = '<!-- matrix: written by `npm run matrix` -->';
export const END = '<!-- end of matrix -->';

const NOTES: readonly { readonly exchange: Exchange; readonly mark: string; readonly text: string }[] = [
  {
    exchange: 'bitswap',
    mark: '¹',
    text: 'has no echo: identify, a ping, and a mebibyte by bitswap to the side that dialed.',
  },
  {
    exchange: 'echo without half-close',
    mark: '²',
    text: 'libp2p-tcp, libp2p-secio and multistream-select of that release put together, without half-close: no libp2p takes such a connection.',
  },
];

/** The README with its table written anew. */
export function withMatrix(readme: string, outcome: Outcome): string {
  const [from, to] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`README.md has no ${BEGIN} with ${END} below it`);
  return `${readme.slice(0, from + BEGIN.length)}\n\n${matrix(outcome)}\n\n${readme.slice(to)}`;
}

function matrix(outcome: Outcome): string {
  const rows = SECURITIES.flatMap((security) => {
    const lonely = MUXERS.filter((muxer) => cellsOf(security, muxer).every(({ peer }) => peer === 'ours'));
    const spoken = MUXERS.filter((muxer) => !lonely.includes(muxer));
    return [
      ...spoken.map((muxer) => ({ security, muxers: [muxer], alone: false })),
      ...(lonely.length > 0 ? [{ security, muxers: lonely, alone: true }] : []),
    ];
  });
  const lines = rows.map(({ security, muxers, alone }) => [
    `\`${SECURITY_IDS[security]}\``,
    muxers.map((muxer) => (muxer === 'none' ? muxer : `\`${MUXER_IDS[muxer]}\``)).join(', '),
    ...COLUMNS.map((column) => {
      if (column.peer !== 'ours') {
        return alone ? 'no peer' : textOf(column, cellsOf(security, muxers[0]!), outcome);
      }
      const texts = muxers.map((muxer) => ({ muxer, text: textOf(column, cellsOf(security, muxer), outcome) }));
      if (new Set(texts.map(({ text }) => text)).size === 1) return texts[0]!.text;
      return texts.map(({ muxer, text }) => `${muxer}: ${text}`).join('; ');
    }),
  ]);
  const head = ['security', 'muxer', ...COLUMNS.map(({ title }) => title)];
  const table = [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  return [table, ...notes()].join('\n\n').replaceAll('| --- ', '|---').replaceAll('--- |', '---|');
}

const cellsOf = (security: Cell['security'], muxer: Cell['muxer']): readonly Cell[] =>
  CELLS.filter((cell) => cell.security === security && cell.muxer === muxer);

/** "both: tcp, ws": transports by who dials over them; what did not pass is named. */
function textOf({ peer }: Column, row: readonly Cell[], outcome: Outcome): string {
  const cells = row.filter((cell) => cell.peer === peer);
  if (cells.length === 0) return '-';
  const byWord = new Map<string, string[]>();
  for (const cell of cells) {
    const word = wordOf(cell, outcome);
    byWord.set(word, [...(byWord.get(word) ?? []), cell.transport]);
  }
  const mark = NOTES.find(({ exchange }) => exchange === cells[0]!.exchange)?.mark ?? '';
  return [...byWord].map(([word, transports]) => `${word}${transports.join(', ')}${mark}`).join('; ');
}

function wordOf(cell: Cell, outcome: Outcome): string {
  const outcomes = cell.directions.map((direction) => outcome(titleOf(cell, direction)));
  const bad = outcomes.find((one) => one !== 'passed');
  if (bad !== undefined) return `${bad}: `;
  if (cell.peer === 'ours') return '';
  return cell.directions.length === DIRECTIONS.length ? 'both: ' : `${cell.directions.join()}: `;
}

function notes(): readonly string[] {
  return NOTES.map(({ exchange, mark, text }) => {
    const peers = COLUMNS.filter(({ peer }) => CELLS.some((cell) => cell.peer === peer && cell.exchange === exchange));
    return `${mark} ${peers.map(({ title }) => title).join(', ')}: ${text}`;
  });
}
