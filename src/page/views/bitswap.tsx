/** A bitswap session as a grid, wants by peers: what passed last in each cell, what is open and why, what came twice. */
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import {
  bitswapGridsOf,
  type BitswapCell,
  type BitswapGrid,
  type BitswapPassage,
  type BitswapWord,
} from '../../inspect/bitswap-grid.js';
import type { PageModel } from '../model.js';
import { Empty } from '../parts/empty.js';
import { bytesText, counted, shortId, spanText } from '../parts/texts.js';
import type { ViewProps } from './index.js';

/** CIDs shown of a grid at once. */
const PAGE = 200;
const PEERS_SHOWN = 24;

export function BitswapView({ model }: ViewProps): JSX.Element {
  const store = model.store.value;
  const upTo = model.upTo.value;
  const [chosen, setChosen] = useState<string | undefined>(undefined);
  const [page, setPage] = useState(0);
  const grids = useMemo(() => (store === undefined ? [] : bitswapGridsOf(store, upTo)), [store, store?.version, upTo]);
  const grid = grids.find(({ id }) => id === chosen) ?? grids.at(-1);
  if (grid === undefined) {
    return (
      <Empty title="Nothing was asked for yet">
        <code>swarmchart cat CID</code> asks; a trace tells its sessions where it was recorded with observations.
      </Empty>
    );
  }
  const pages = Math.ceil(grid.cids.length / PAGE);
  const from = Math.min(page, Math.max(0, pages - 1)) * PAGE;
  return (
    <div class="bitswap">
      <div class="bitswap-head">
        <label>
          Session{' '}
          <select value={grid.id} onChange={(event) => setChosen(event.currentTarget.value)}>
            {grids.map(({ id, title }) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
          </select>
        </label>
        <span>
          {counted(grid.cids.length, 'CID')}, {counted(grid.peers.length, 'peer')}, {counted(grid.blocks, 'block')} (
          {bytesText(grid.blockBytes)})
        </span>
        <span class={grid.duplicates > 0 ? 'is-warned' : 'quiet'}>
          {counted(grid.duplicates, 'duplicate')}, {bytesText(grid.wastedBytes)} wasted
        </span>
        {pages > 1 ? (
          <span class="buttons">
            <button type="button" disabled={from === 0} onClick={() => setPage(page - 1)}>
              ‹
            </button>
            {from + 1} to {Math.min(from + PAGE, grid.cids.length)}
            <button type="button" disabled={from + PAGE >= grid.cids.length} onClick={() => setPage(page + 1)}>
              ›
            </button>
          </span>
        ) : null}
      </div>
      <Open grid={grid} />
      <Grid model={model} grid={grid} cids={grid.cids.slice(from, from + PAGE)} />
    </div>
  );
}

function Open({ grid }: { readonly grid: BitswapGrid }): JSX.Element | null {
  if (grid.open.length === 0) return null;
  return (
    <ul class="open-wants" aria-label="Wants without a block">
      {grid.open.slice(0, 8).map(({ cid, why }) => (
        <li key={cid}>
          <code title={cid}>{shortId(cid)}</code>: {why}
        </li>
      ))}
      {grid.open.length > 8 ? <li>and {grid.open.length - 8} more</li> : null}
    </ul>
  );
}

const SIGNS: Readonly<Record<BitswapWord, string>> = {
  'want-have': '?',
  'want-block': '↑?',
  cancel: '∅',
  have: '✓',
  'dont-have': '✕',
  block: '■',
  duplicate: '■■',
  stall: '⊘',
  fault: '!',
};

function Grid(props: {
  readonly model: PageModel;
  readonly grid: BitswapGrid;
  readonly cids: readonly string[];
}): JSX.Element {
  const { model, grid, cids } = props;
  const peers = grid.peers.slice(0, PEERS_SHOWN);
  const { seq } = model.selection.value;
  return (
    <div class="grid-scroll">
      <table class="table grid">
        <caption class="visually-hidden">Wants by peers: what passed last</caption>
        <thead>
          <tr>
            <th scope="col">CID</th>
            {peers.map((peer) => (
              <th key={peer} scope="col" title={peer}>
                {shortId(peer, 12)}
              </th>
            ))}
            {grid.peers.length > peers.length ? <th scope="col">+{grid.peers.length - peers.length}</th> : null}
          </tr>
        </thead>
        <tbody>
          {cids.map((cid) => (
            <tr key={cid}>
              <th scope="row" title={cid}>
                {shortId(cid)}
              </th>
              {peers.map((peer) => {
                const cell = grid.cells.get(`${cid} ${peer}`);
                return (
                  <td key={peer}>
                    {cell === undefined ? null : <Cell model={model} grid={grid} cell={cell} seq={seq} />}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell(props: {
  readonly model: PageModel;
  readonly grid: BitswapGrid;
  readonly cell: BitswapCell;
  readonly seq: number | undefined;
}): JSX.Element {
  const { model, grid, cell, seq } = props;
  const { last, passages } = cell;
  const story = passages
    .map((passage) => `${passage.isSent ? '→' : '←'} ${passage.word}, ${whenText(passage, grid)}`)
    .join('\n');
  const isSelected = passages.some((passage) => passage.seq === seq);
  return (
    <button
      type="button"
      class={`cell is-${last.word} ${isSelected ? 'is-selected' : ''}`}
      title={story}
      onClick={() => {
        const record = model.store.value?.at(last.seq);
        if (record !== undefined) model.select(record);
      }}
    >
      <span aria-hidden="true">{SIGNS[last.word]}</span> {last.word}
      <span class="quiet"> {whenText(last, grid)}</span>
    </button>
  );
}

function whenText({ isStanding, timeMs }: BitswapPassage, { startedMs }: BitswapGrid): string {
  return isStanding ? 'before the look' : spanText(timeMs - startedMs);
}
