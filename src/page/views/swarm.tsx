/** The network: who is connected with whom, drawn for a few hundred and told in a table for all; and the k-buckets. */
import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY } from 'd3-force';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { bucketMapsOf, swarmOf, type BucketMap, type Swarm } from '../../inspect/swarm.js';
import { shortAddress } from '../../trace/tools/addresses.js';
import type { PageModel } from '../model.js';
import { Canvas, type Ink } from '../parts/canvas.js';
import { Empty } from '../parts/empty.js';
import { bytesText, counted, shortId } from '../parts/texts.js';
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
  // Places follow from the whole trace, so that nobody moves as the moment does.
  const whole = useMemo(
    () => (store === undefined ? swarm : swarmOf(store, Number.POSITIVE_INFINITY)),
    [store, store?.version],
  );
  const tables = useMemo(() => (store === undefined ? [] : bucketMapsOf(store, upTo)), [store, store?.version, upTo]);
  if (swarm.members.length === 0) {
    return <Empty title="Nobody is connected yet">Nodes and peers stand here as soon as a connection opens.</Empty>;
  }
  return (
    <div class="swarm">
      {whole.members.length <= DRAWN ? (
        <Graph model={model} swarm={swarm} whole={whole} />
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

function layOut(swarm: Swarm): ReadonlyMap<string, Dot> {
  const dots = new Map<string, Dot>(
    swarm.members.map((member, index) => {
      const turn = (2 * Math.PI * index) / swarm.members.length;
      return [member.id, { ...member, x: 200 * Math.cos(turn), y: 200 * Math.sin(turn) }];
    }),
  );
  const lines = swarm.edges.flatMap(({ from, to }) => {
    const [source, target] = [dots.get(from), dots.get(to)];
    return source === undefined || target === undefined || source === target ? [] : [{ source, target }];
  });
  const simulation = forceSimulation([...dots.values()])
    .force('link', forceLink(lines).distance(60))
    .force('charge', forceManyBody().strength(-120))
    .force('x', forceX(0).strength(0.05))
    .force('y', forceY(0).strength(0.12))
    .force('collide', forceCollide(12))
    .stop();
  simulation.tick(swarm.members.length > 150 ? STEPS / 4 : STEPS);
  return dots;
}

/** From the layout's places to the canvas. */
interface Frame {
  readonly scale: number;
  readonly left: number;
  readonly top: number;
}

function frameOf(dots: ReadonlyMap<string, Dot>, width: number, height: number): Frame {
  const [xs, ys] = [[...dots.values()].map(({ x }) => x), [...dots.values()].map(({ y }) => y)];
  const [minX, minY] = [Math.min(...xs), Math.min(...ys)];
  const [wide, tall] = [Math.max(...xs) - minX, Math.max(...ys) - minY];
  const scale = Math.min(1.6, (width - 120) / Math.max(1, wide), (height - 60) / Math.max(1, tall));
  return { scale, left: (width - wide * scale) / 2 - minX * scale, top: (height - tall * scale) / 2 - minY * scale };
}

function Graph(props: { readonly model: PageModel; readonly swarm: Swarm; readonly whole: Swarm }): JSX.Element {
  const { model, swarm, whole } = props;
  const shape = `${whole.members.length} ${whole.edges.length}`;
  const dots = useMemo(() => layOut(whole), [shape]);
  const graph = useMemo(() => {
    let frame: Frame = { scale: 1, left: 0, top: 0 };
    return {
      draw: (ink: Ink): void => {
        frame = frameOf(dots, ink.width, ink.height);
        paint(ink, swarm, dots, frame);
      },
      memberAt: (x: number, y: number): string | undefined =>
        swarm.members.find(({ id }) => {
          const dot = dots.get(id);
          if (dot === undefined) return false;
          return Math.hypot(frame.left + dot.x * frame.scale - x, frame.top + dot.y * frame.scale - y) < 10;
        })?.id,
    };
  }, [dots, swarm]);
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

function paint({ context, colour }: Ink, swarm: Swarm, dots: ReadonlyMap<string, Dot>, frame: Frame): void {
  const at = ({ x, y }: Dot): [number, number] => [frame.left + x * frame.scale, frame.top + y * frame.scale];
  // One path for all that are drawn alike: a stroke for each line would take most of the time.
  for (const isOpen of [false, true]) {
    context.strokeStyle = colour(isOpen ? '--accent' : '--edge');
    context.setLineDash(isOpen ? [] : [4, 4]);
    context.beginPath();
    for (const edge of swarm.edges) {
      const [one, other] = [dots.get(edge.from), dots.get(edge.to)];
      if (edge.isOpen !== isOpen || one === undefined || other === undefined) continue;
      context.moveTo(...at(one));
      context.lineTo(...at(other));
    }
    context.stroke();
  }
  context.setLineDash([]);
  const names: Name[] = [];
  for (const { id, isOurs } of swarm.members) {
    const dot = dots.get(id);
    if (dot === undefined) continue;
    const [x, y] = at(dot);
    context.fillStyle = colour(isOurs ? '--accent' : '--quiet');
    context.beginPath();
    if (isOurs) context.rect(x - 6, y - 6, 12, 12);
    else context.arc(x, y, 6, 0, 2 * Math.PI);
    context.fill();
    const name = { text: shortId(id, 12), x, y };
    if (isOurs) names.unshift(name);
    else names.push(name);
  }
  context.fillStyle = colour('--text');
  context.textAlign = 'center';
  writeNames(context, names);
  context.textAlign = 'start';
}

interface Name {
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

/** Names that are written: with more there is hardly room for one. */
const NAMED = 80;
/** A name's height and its distance from its dot, in pixels. */
const LINE = 13;
const ABOVE = -9;
const BELOW = 18;

/** Writes each above its dot, or below it, where no other name stands; the table has them all. */
function writeNames(context: CanvasRenderingContext2D, names: readonly Name[]): void {
  const written: (Name & { readonly half: number })[] = [];
  for (const { text, x, y } of names) {
    if (written.length >= NAMED) return;
    const half = context.measureText(text).width / 2;
    const line = [y + ABOVE, y + BELOW].find((height) =>
      written.every((other) => Math.abs(other.x - x) > other.half + half || Math.abs(other.y - height) > LINE),
    );
    if (line === undefined) continue;
    context.fillText(text, x, line);
    written.push({ text, x, y: line, half });
  }
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
        k-buckets of {shortAddress(table.actor)}: {counted(table.peers, 'peer')}
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
