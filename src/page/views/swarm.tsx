/** The network: who is connected with whom, drawn for a few hundred and told in a table for all; and the k-buckets. */
import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY } from 'd3-force';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { bucketMapsOf, swarmOf, type BucketMap, type Swarm } from '../../inspect/swarm.js';
import { shortAddress } from '../../trace/tools/addresses.js';
import type { PageModel } from '../model.js';
import { Canvas, type Ink } from '../parts/canvas.js';
import { Empty } from '../parts/empty.js';
import { bytesText, shortId } from '../parts/texts.js';
import { VirtualList } from '../parts/virtual-list.js';
import type { ViewProps } from './index.js';

/** Members drawn; a larger network is told by its table alone. */
const DRAWN = 500;
const HEIGHT = 320;

export function SwarmView({ model }: ViewProps): JSX.Element {
  const store = model.store.value;
  const upTo = model.upTo.value;
  const swarm = useMemo(
    () => (store === undefined ? { members: [], edges: [] } : swarmOf(store, upTo)),
    [store, store?.version, upTo],
  );
  const tables = useMemo(() => (store === undefined ? [] : bucketMapsOf(store, upTo)), [store, store?.version, upTo]);
  if (swarm.members.length === 0) {
    return <Empty title="Nobody is connected yet">Nodes and peers stand here as soon as a connection opens.</Empty>;
  }
  return (
    <div class="swarm">
      {swarm.members.length <= DRAWN ? (
        <Graph model={model} swarm={swarm} />
      ) : (
        <p class="quiet">{swarm.members.length} members: more than are drawn. The table has them all.</p>
      )}
      <section class="pane" aria-label="Connections">
        <h2>Connections</h2>
        <Connections model={model} swarm={swarm} />
      </section>
      {tables.map((table) => (
        <Buckets key={table.actor} model={model} table={table} />
      ))}
    </div>
  );
}

interface Dot {
  readonly id: string;
  readonly isOurs: boolean;
  readonly connections: number;
  x: number;
  y: number;
}

/** Steps of the layout: the same network is laid out alike each time. */
const STEPS = 200;

function layOut(swarm: Swarm): {
  readonly dots: ReadonlyMap<string, Dot>;
  readonly lines: readonly [Dot, Dot, boolean][];
} {
  const dots = new Map<string, Dot>(
    swarm.members.map((member, index) => {
      const turn = (2 * Math.PI * index) / swarm.members.length;
      return [member.id, { ...member, x: 200 * Math.cos(turn), y: 200 * Math.sin(turn) }];
    }),
  );
  const lines = swarm.edges.flatMap(({ from, to, isOpen }): [Dot, Dot, boolean][] => {
    const [one, other] = [dots.get(from), dots.get(to)];
    return one === undefined || other === undefined || one === other ? [] : [[one, other, isOpen]];
  });
  const simulation = forceSimulation([...dots.values()])
    .force('link', forceLink(lines.map(([source, target]) => ({ source, target }))).distance(60))
    .force('charge', forceManyBody().strength(-120))
    .force('x', forceX(0).strength(0.05))
    .force('y', forceY(0).strength(0.12))
    .force('collide', forceCollide(12))
    .stop();
  simulation.tick(swarm.members.length > 150 ? STEPS / 4 : STEPS);
  return { dots, lines };
}

function Graph({ model, swarm }: { readonly model: PageModel; readonly swarm: Swarm }): JSX.Element {
  const shape = JSON.stringify([swarm.members.map(({ id }) => id), swarm.edges.map(({ from, to }) => [from, to])]);
  // The layout follows from who is connected with whom, and from nothing else.
  const laid = useMemo(() => layOut(swarm), [shape]);
  const graph = useMemo(() => {
    let scale = 1;
    let [left, top] = [0, 0];
    return {
      draw: ({ context, width, height, colour }: Ink): void => {
        const dots = [...laid.dots.values()];
        const xs = dots.map(({ x }) => x);
        const ys = dots.map(({ y }) => y);
        const [minX, minY] = [Math.min(...xs), Math.min(...ys)];
        scale = Math.min(
          1.6,
          (width - 120) / Math.max(1, Math.max(...xs) - minX),
          (height - 60) / Math.max(1, Math.max(...ys) - minY),
        );
        [left, top] = [
          60 - minX * scale + (width - 120 - (Math.max(...xs) - minX) * scale) / 2,
          30 - minY * scale + (height - 60 - (Math.max(...ys) - minY) * scale) / 2,
        ];
        const at = ({ x, y }: Dot): [number, number] => [left + x * scale, top + y * scale];
        for (const [one, other, isOpen] of laid.lines) {
          context.strokeStyle = colour(isOpen ? '--accent' : '--line');
          context.setLineDash(isOpen ? [] : [4, 4]);
          context.beginPath();
          context.moveTo(...at(one));
          context.lineTo(...at(other));
          context.stroke();
        }
        context.setLineDash([]);
        context.textAlign = 'center';
        for (const dot of dots) {
          const [x, y] = at(dot);
          context.fillStyle = colour(dot.isOurs ? '--accent' : '--quiet');
          context.beginPath();
          if (dot.isOurs) context.rect(x - 6, y - 6, 12, 12);
          else context.arc(x, y, 6, 0, 2 * Math.PI);
          context.fill();
          if (dots.length > 80) continue;
          context.fillStyle = colour('--text');
          context.fillText(shortId(dot.id, 12), x, y - 9);
        }
        context.textAlign = 'start';
      },
      memberAt: (x: number, y: number): string | undefined =>
        [...laid.dots.values()].find((dot) => Math.hypot(left + dot.x * scale - x, top + dot.y * scale - y) < 10)?.id,
    };
  }, [laid]);
  const open = swarm.edges.filter(({ isOpen }) => isOpen).length;
  return (
    <Canvas
      label={`${swarm.members.length} nodes and peers, ${open} open connections. The table below tells each.`}
      height={HEIGHT}
      draw={graph.draw}
      onPress={(x, y) => {
        const id = graph.memberAt(x, y);
        if (id === undefined) return;
        const edge = swarm.edges.find(({ from, to }) => from === id || to === id);
        if (edge !== undefined) model.selection.value = { actor: edge.connection, machine: 'connection' };
      }}
    />
  );
}

function Connections({ model, swarm }: { readonly model: PageModel; readonly swarm: Swarm }): JSX.Element {
  const { edges } = swarm;
  const { actor } = model.selection.value;
  return (
    <VirtualList
      label="Connections"
      count={edges.length}
      rowHeight={24}
      keyOf={(at) => edges[at]?.connection ?? at}
      selected={edges.findIndex(({ connection }) => actor === connection)}
      onSelect={(at) => {
        const edge = edges[at];
        if (edge !== undefined) model.selection.value = { actor: edge.connection, machine: 'connection' };
      }}
      row={(at) => {
        const edge = edges[at];
        return edge === undefined ? null : (
          <>
            <span class="stream-state">
              {edge.isOpen ? '● open' : '○ closed'} {shortAddress(edge.connection)}
            </span>
            <span class="cell-actor" title={edge.from}>
              {shortId(edge.from)}
            </span>
            <span class="cell-actor" title={edge.to}>
              {shortId(edge.to)}
            </span>
            <span class="stream-protocol">
              {edge.security} {edge.muxer}
            </span>
            <span class="cell-text">
              ↑ {bytesText(edge.sentBytes)} ↓ {bytesText(edge.receivedBytes)}
            </span>
          </>
        );
      }}
    />
  );
}

function Buckets({ model, table }: { readonly model: PageModel; readonly table: BucketMap }): JSX.Element {
  return (
    <section class="pane" aria-label={`k-buckets of ${shortAddress(table.actor)}`}>
      <h2>
        k-buckets of {shortAddress(table.actor)}: {table.peers} peers
      </h2>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">shared bits</th>
            <th scope="col">peers</th>
          </tr>
        </thead>
        <tbody>
          {table.buckets.map(({ bucket, peers }) => (
            <tr key={bucket}>
              <th scope="row">{bucket}</th>
              <td class="bucket">
                {peers.map(({ peer, isQuestionable, seq }) => (
                  <button
                    key={peer}
                    type="button"
                    class={isQuestionable ? 'bucket-peer is-questionable' : 'bucket-peer'}
                    title={isQuestionable ? `${peer}: may be gone` : peer}
                    onClick={() => {
                      const record = model.store.value?.at(seq);
                      if (record !== undefined) model.select(record);
                    }}
                  >
                    {isQuestionable ? '? ' : ''}
                    {shortId(peer, 10)}
                  </button>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
