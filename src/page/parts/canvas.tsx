/** A drawing on a canvas that fits its frame and is sharp on every screen. */
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { coloursAt, labelFont, useTheme } from './theme.js';

/** What a drawing is given: sizes in CSS pixels, colours of the page's style by name. */
export interface Ink {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  readonly colour: (name: string) => string;
}

export interface CanvasProps {
  /** What a screen reader says; the same is told in a list or table beside. */
  readonly label: string;
  readonly height: number;
  /** Draws everything anew. A new function draws again. */
  readonly draw: (ink: Ink) => void;
  /** Where somebody pressed, in CSS pixels. */
  readonly onPress?: (x: number, y: number) => void;
  readonly class?: string;
}

export function Canvas({ label, height, draw, onPress, ...props }: CanvasProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme(canvas);
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const paint = (): void => {
      const scale = globalThis.devicePixelRatio;
      const width = element.clientWidth;
      element.width = Math.max(1, Math.round(width * scale));
      element.height = Math.round(height * scale);
      const context = element.getContext('2d');
      if (context === null) return;
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, width, height);
      context.font = labelFont(element);
      draw({ context, width, height, colour: coloursAt(element) });
    };
    paint();
    const watch = new ResizeObserver(paint);
    watch.observe(element);
    return () => watch.disconnect();
  }, [draw, height, theme]);
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={label}
      class={`canvas ${props.class ?? ''}`}
      style={{ height: `${height}px` }}
      onPointerDown={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        onPress?.(event.clientX - box.left, event.clientY - box.top);
      }}
    />
  );
}
