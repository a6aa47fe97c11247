/** DHT queries: how far from the target each peer is and when it was asked, who told of whom, how the query closed in. */
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { queriesOf, queryWords, type AskedPeer, type AskedState, type SeenQuery } from '../../inspect/queries.js';
import { shortAddress } from '../../trace/tools/addresses.js';
import type { PageModel } from '../model.js';
import { Canvas, type Ink } from '../parts/canvas.js';
import { Empty } from '../parts/empty.js';
import { shortId, spanText } from '../parts/texts.js';
import { VirtualList } from '../parts/virtual-list.js';
import type { ViewProps } from './index.js';

export function QueriesView({ model }: ViewProps): JSX.Element {
  const store = model.store.value;
  const upTo = model.upTo.value;
  const queries = useMemo(() => (store === undefined ? [] : queriesOf(store, upTo)), [store, store?.version, upTo]);
  const { actor } = model.selection.value;
  const query = queries.find((one) => one.actor === actor) ?? queries.at(-1);
  if (query === undefined || store === undefined) {
    return (
      <Empty title="No query was made yet">
        <code>swarmchart dht closest KEY</code> makes one; a trace tells its queries where it was recorded with
        observations.
      </Empty>
    );
  }
  return (
    <div class="queries">
      <label>
        Query{' '}
        <select
          value={query.actor}
          onChange={(event) => {
            model.selection.value = { actor: event.currentTarget.value };
          }}
        >
          {queries.map((one) => (
            <option key={one.actor} value={one.actor}>
              {shortAddress(one.actor)} {one.asks} {shortId(one.key)}
            </option>
          ))}
        </select>
      </label>
      <p role="status">{queryWords(query)}</p>
      <Distances model={model} query={query} nowMs={store.records[store.positionAt(upTo)]?.time ?? 0} />
      <Legend />
      <div class="queries-lists">
        <section class="pane" aria-label="Peers of the query">
          <h2>Peers, as they were told of</h2>
          <HopTree model={model} query={query} />
        </section>
        <section class="pane" aria-label="The closest">
          <h2>The closest at the end</h2>
          <Closest model={model} query={query} />
        </section>
      </div>
    </div>
  );
}

/** A shape and a colour for each state: neither alone. */
const MARKS: Readonly<Record<AskedState, { readonly sign: string; readonly colour: string }>> = {
  heard: { sign: '·', colour: '--quiet' },
  dialing: { sign: '◌', colour: '--c6' },
  asked: { sign: '○', colour: '--c1' },
  late: { sign: '◔', colour: '--warn' },
  answered: { sign: '●', colour: '--good' },
  failed: { sign: '✕', colour: '--bad' },
  'timed-out': { sign: '⊘', colour: '--c5' },
};

function Legend(): JSX.Element {
  return (
    <p class="legend">
      {Object.entries(MARKS).map(([state, { sign }]) => (
        <span key={state} class={`mark is-${state}`}>
          {sign} {state}
        </span>
      ))}
    </p>
  );
}

const HEIGHT = 260;
const LEFT = 44;
const BOTTOM = 22;

interface Placed {
  readonly peer: AskedPeer;
  readonly x: number;
  readonly y: number;
}

function Distances(props: {
  readonly model: PageModel;
  readonly query: SeenQuery;
  readonly nowMs: number;
}): JSX.Element {
  const { model, query, nowMs } = props;
  const spanMs = Math.max(1, query.tookMs ?? nowMs - query.startedMs);
  const places = useMemo(() => {
    let placed: readonly Placed[] = [];
    const draw = (ink: Ink): void => {
      placed = placesOf(query, spanMs, ink.width);
      paint(ink, query, placed, spanMs);
    };
    return {
      draw,
      nearest: (x: number, y: number): AskedPeer | undefined =>
        placed
          .map((one) => ({ one, away: Math.hypot(one.x - x, one.y - y) }))
          .filter(({ away }) => away < 12)
          .sort((left, right) => left.away - right.away)[0]?.one.peer,
    };
  }, [query, spanMs]);
  return (
    <Canvas
      label={`Distance to the target over time. ${queryWords(query)}. The list below tells every peer.`}
      height={HEIGHT}
      draw={places.draw}
      onPress={(x, y) => {
        const peer = places.nearest(x, y);
        const record = peer === undefined ? undefined : model.store.value?.at(peer.seq);
        if (record !== undefined) model.select(record);
      }}
    />
  );
}

function placesOf({ peers }: SeenQuery, spanMs: number, width: number): readonly Placed[] {
  const nearest = Math.min(256, ...peers.map(({ distanceBits }) => distanceBits));
  const scale = (HEIGHT - BOTTOM - 12) / Math.max(1, 257 - nearest);
  return peers.map((peer) => ({
    peer,
    x: LEFT + ((width - LEFT - 12) * (peer.doneAfterMs ?? peer.askedAfterMs ?? peer.heardAfterMs)) / spanMs,
    y: 8 + (256 - peer.distanceBits) * scale,
  }));
}

function paint({ context, width, colour }: Ink, query: SeenQuery, placed: readonly Placed[], spanMs: number): void {
  const byId = new Map(placed.map((one) => [one.peer.peer, one]));
  context.strokeStyle = colour('--line');
  context.fillStyle = colour('--quiet');
  const nearest = Math.min(256, ...query.peers.map(({ distanceBits }) => distanceBits));
  for (const bits of new Set([256, Math.round((256 + nearest) / 2), nearest])) {
    const y = 8 + (256 - bits) * ((HEIGHT - BOTTOM - 12) / Math.max(1, 257 - nearest));
    context.fillText(`${bits}`, 14, y + 4);
    context.beginPath();
    context.moveTo(LEFT, y);
    context.lineTo(width - 8, y);
    context.stroke();
  }
  context.fillText('bits away', 4, HEIGHT - 4);
  context.textAlign = 'right';
  context.fillText(spanText(spanMs), width - 8, HEIGHT - 4);
  // Who told of whom.
  context.strokeStyle = colour('--edge');
  for (const { peer, x, y } of placed) {
    const teller = peer.from === undefined ? undefined : byId.get(peer.from);
    if (teller === undefined) continue;
    context.beginPath();
    context.moveTo(teller.x, teller.y);
    context.lineTo(x, y);
    context.stroke();
  }
  context.textAlign = 'center';
  context.font = '13px system-ui, sans-serif';
  for (const { peer, x, y } of placed) {
    const { sign, colour: name } = MARKS[peer.state];
    context.fillStyle = colour(name);
    context.fillText(sign, x, y + 4);
    if (!peer.isClosest) continue;
    context.strokeStyle = colour('--accent');
    context.beginPath();
    context.arc(x, y, 7, 0, 2 * Math.PI);
    context.stroke();
  }
  context.textAlign = 'start';
}

/** Peers under who told of them first. */
function HopTree({ model, query }: { readonly model: PageModel; readonly query: SeenQuery }): JSX.Element {
  const rows = useMemo(() => treeOf(query.peers), [query]);
  const { seq } = model.selection.value;
  return (
    <VirtualList
      label="Peers of the query"
      count={rows.length}
      rowHeight={22}
      keyOf={(at) => rows[at]?.peer.peer ?? at}
      selected={rows.findIndex(({ peer }) => peer.seq === seq)}
      onSelect={(at) => {
        const record = model.store.value?.at(rows[at]?.peer.seq ?? -1);
        if (record !== undefined) model.select(record);
      }}
      row={(at) => {
        const row = rows[at];
        if (row === undefined) return null;
        const { peer, depth } = row;
        return (
          <>
            <span class={`mark is-${peer.state}`} style={{ marginLeft: `${depth * 14}px` }}>
              {MARKS[peer.state].sign} {peer.state}
            </span>
            <span title={peer.peer}>{shortId(peer.peer)}</span>
            <span class="quiet">{peer.distanceBits} bits</span>
            <span class="quiet">{peer.tookMs === undefined ? '' : spanText(peer.tookMs)}</span>
            <span class="quiet">
              {peer.closer === undefined ? '' : `told of ${peer.closer}, ${peer.newPeers ?? 0} new`}
            </span>
            <span class="is-failed">{peer.error ?? ''}</span>
          </>
        );
      }}
    />
  );
}

interface TreeRow {
  readonly peer: AskedPeer;
  readonly depth: number;
}

function treeOf(peers: readonly AskedPeer[]): readonly TreeRow[] {
  const told = new Map<string, AskedPeer[]>();
  const known = new Set(peers.map(({ peer }) => peer));
  const roots: AskedPeer[] = [];
  for (const peer of peers) {
    if (peer.from === undefined || !known.has(peer.from)) roots.push(peer);
    else told.set(peer.from, [...(told.get(peer.from) ?? []), peer]);
  }
  const rows: TreeRow[] = [];
  const pending = roots.toReversed().map((peer) => ({ peer, depth: 0 }));
  for (let row = pending.pop(); row !== undefined; row = pending.pop()) {
    rows.push(row);
    const { depth } = row;
    for (const peer of (told.get(row.peer.peer) ?? []).toReversed()) pending.push({ peer, depth: depth + 1 });
  }
  return rows;
}

function Closest({ model, query }: { readonly model: PageModel; readonly query: SeenQuery }): JSX.Element {
  if (query.closest.length === 0) return <p class="quiet">It is still running, or found none.</p>;
  const byId = new Map(query.peers.map((peer) => [peer.peer, peer]));
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">peer</th>
          <th scope="col">bits away</th>
          <th scope="col">hops</th>
          <th scope="col">state</th>
        </tr>
      </thead>
      <tbody>
        {query.closest.map((id) => {
          const peer = byId.get(id);
          return (
            <tr key={id}>
              <td>
                <button
                  type="button"
                  class="link"
                  title={id}
                  onClick={() => {
                    const record = model.store.value?.at(peer?.seq ?? -1);
                    if (record !== undefined) model.select(record);
                  }}
                >
                  {shortId(id)}
                </button>
              </td>
              <td class="number">{peer?.distanceBits ?? ''}</td>
              <td class="number">{peer?.hops ?? ''}</td>
              <td>{peer === undefined ? '' : `${MARKS[peer.state].sign}\u00a0${peer.state}`}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
