/**
 * A view as one SVG file that stands alone: what the page draws, with its style, inside a foreignObject; plots become
 * images. Browsers draw it as it was; programs that know SVG without HTML show the title alone.
 */

const SVG = 'http://www.w3.org/2000/svg';
const XHTML = 'http://www.w3.org/1999/xhtml';

/** The view inside `panel`, as large as it is on the screen, titled `title`. */
export function viewSvg(panel: HTMLElement, title: string): string {
  const { width, height } = panel.getBoundingClientRect();
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('width', String(Math.ceil(width)));
  svg.setAttribute('height', String(Math.ceil(height)));
  svg.setAttribute('viewBox', `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`);
  svg.setAttribute('role', 'img');
  const name = document.createElementNS(SVG, 'title');
  name.textContent = title;
  const frame = document.createElementNS(SVG, 'foreignObject');
  frame.setAttribute('width', '100%');
  frame.setAttribute('height', '100%');
  // The element that the style hangs on, with its theme as it is now.
  const root = document.createElementNS(XHTML, 'div');
  const owner = panel.closest<HTMLElement>('.swarmchart-inspect');
  root.className = owner?.className ?? 'swarmchart-inspect';
  root.dataset['theme'] = isDark(panel) ? 'dark' : 'light';
  const style = document.createElementNS(XHTML, 'style');
  style.textContent = styleText();
  root.append(style, copyOf(panel));
  frame.append(root);
  svg.append(name, frame);
  return new XMLSerializer().serializeToString(svg);
}

/** A copy without what cannot be looked at in a file: canvases are pictures of themselves, lists stand where they are. */
function copyOf(panel: HTMLElement): HTMLElement {
  const copy = panel.cloneNode(true) as HTMLElement;
  const drawn = panel.querySelectorAll('canvas');
  for (const [index, canvas] of copy.querySelectorAll('canvas').entries()) {
    const original = drawn[index];
    if (original === undefined) continue;
    const picture = document.createElement('img');
    picture.src = original.toDataURL('image/png');
    picture.alt = original.getAttribute('aria-label') ?? '';
    picture.style.width = `${original.clientWidth}px`;
    picture.style.height = `${original.clientHeight}px`;
    canvas.replaceWith(picture);
  }
  const scrolled = panel.querySelectorAll<HTMLElement>('.list, .chart');
  for (const [index, list] of copy.querySelectorAll<HTMLElement>('.list, .chart').entries()) {
    const original = scrolled[index];
    const [first] = list.children;
    if (original === undefined || !(first instanceof HTMLElement || first instanceof SVGElement)) continue;
    first.style.transform = `translate(${-original.scrollLeft}px, ${-original.scrollTop}px)`;
    list.style.overflow = 'hidden';
  }
  return copy;
}

function styleText(): string {
  const texts: string[] = [];
  for (const sheet of document.styleSheets) {
    // Another origin's style cannot be read, and is none of ours.
    try {
      for (const rule of sheet.cssRules) texts.push(...rulesNow(rule));
    } catch {
      continue;
    }
  }
  return texts.join('\n');
}

/** A rule as it holds here: the file is drawn alike, however large and in whatever system it is opened. */
function rulesNow(rule: CSSRule): readonly string[] {
  if (!(rule instanceof CSSMediaRule)) return [rule.cssText];
  return matchMedia(rule.conditionText).matches ? [...rule.cssRules].flatMap(rulesNow) : [];
}

/** Both schemes stand there where the system chooses. */
function isDark(panel: HTMLElement): boolean {
  const { colorScheme } = getComputedStyle(panel);
  return colorScheme === 'light dark' ? matchMedia('(prefers-color-scheme: dark)').matches : colorScheme === 'dark';
}
