/** Bytes in hex beside their fields; pointing at either lights the other, a click leads on to what the byte caused. */
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { ByteField } from '../../inspect/bytes/byte-fields.js';
import { messageAt, stepsOfByte, type ConnectionBytes } from '../../inspect/bytes/connection-bytes.js';
import type { PageModel } from '../model.js';
import { Empty } from './empty.js';

const PER_LINE = 16;
/** Bytes shown at once. */
const SHOWN = 2_048;

export interface HexViewProps {
  readonly model: PageModel;
  readonly direction: ConnectionBytes;
  /** Part of the direction's bytes. */
  readonly start: number;
  readonly end: number;
}

export function HexView({ model, direction, start, end }: HexViewProps): JSX.Element {
  const [lit, setLit] = useState<number | undefined>(undefined);
  const { bytes } = direction;
  const last = Math.min(end, start + SHOWN, bytes.length);
  const fields = useMemo(
    () => direction.fields.filter((field) => field.end > start && field.start < last),
    [direction, start, last],
  );
  if (direction.isRedacted) {
    return (
      <Empty title="This trace holds no bytes">
        It is redacted: lengths alone. Record one with <code>--class replayable</code> to see them.
      </Empty>
    );
  }
  if (last <= start) return <Empty title="No bytes">Nothing passed this way yet.</Empty>;
  const indexOf = (at: number): number => fields.findIndex((field) => field.start <= at && at < field.end);
  const follow = (at: number): void => {
    const [step] = stepsOfByte(model.store.value as NonNullable<typeof model.store.value>, direction, at);
    const frame = messageAt(direction, at)?.frameSeq;
    const record = step ?? (frame === undefined ? undefined : model.store.value?.at(frame));
    if (record !== undefined) model.select(record);
  };
  const lines: JSX.Element[] = [];
  for (let at = start; at < last; at += PER_LINE) {
    const cells: JSX.Element[] = [];
    for (let byte = at; byte < Math.min(last, at + PER_LINE); byte += 1) {
      const index = indexOf(byte);
      cells.push(
        <span
          key={byte}
          class={`byte is-field-${index % 4} ${index === lit ? 'is-lit' : ''}`}
          title={fields[index]?.name}
          onMouseEnter={() => setLit(index)}
          onClick={() => follow(byte)}
        >
          {(bytes[byte] ?? 0).toString(16).padStart(2, '0')}
        </span>,
      );
    }
    lines.push(
      <div key={at} class="hex-line">
        <span class="hex-offset">{at.toString(16).padStart(5, '0')}</span>
        <span class="hex-bytes">{cells}</span>
        <span class="hex-text">{printable(bytes.subarray(at, Math.min(last, at + PER_LINE)))}</span>
      </div>,
    );
  }
  return (
    <div class="hex" onMouseLeave={() => setLit(undefined)}>
      <div class="hex-lines" aria-hidden="true">
        {lines}
        {last < end ? <p class="quiet">and {end - last} bytes more</p> : null}
      </div>
      <ul class="hex-fields" aria-label="Fields">
        {fields.map((field, index) => (
          <li key={field.start}>
            <button
              type="button"
              class={`link is-field-${index % 4} ${index === lit ? 'is-lit' : ''}`}
              onMouseEnter={() => setLit(index)}
              onFocus={() => setLit(index)}
              onClick={() => follow(field.start)}
            >
              {rangeText(field)} {field.name}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function rangeText({ start, end }: ByteField): string {
  return end - start === 1 ? String(start) : `${start}-${end - 1}`;
}

function printable(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
  return text;
}
