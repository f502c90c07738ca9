import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import { element, figure, ink, type Svg, text, widthOf } from '../pictures/svg.js';
import { quotas } from './quotas.js';
import { stepSeconds, type Storm } from './storm.js';

const width = 820;
const height = 380;
const inner = { left: 64, right: width - 24, top: 64, bottom: height - 60 };
const colors = { together: '#b91c1c', rolling: '#1d4ed8' } as const;
const names = { together: 'all instances at once', rolling: 'one after the other' } as const;

/** @returns Decrypts a second after a restart, one line for each way, as an SVG */
export function stormPicture(storms: readonly Storm[], title: string): Svg {
  const seconds = (storms[0]?.fetchesPerSecond.length ?? 0) * stepSeconds;
  const most = Math.max(quotas.kmsSymmetric.value, ...storms.map(({ peak }) => peak));
  const x = scaleLinear([0, seconds], [inner.left, inner.right]);
  const y = scaleLinear([0, most * 1.05], [inner.bottom, inner.top]).nice(5);
  const course = line<number>()
    .digits(1)
    .x((_, step) => x((step + 0.5) * stepSeconds))
    .y((value) => y(value));
  const [steady = 0] = storms.map((storm) => storm.steady);
  const parts = [
    element('rect', { x: 0, y: 0, width, height, fill: '#fff' }),
    text(inner.left - 40, 28, title, { size: 15, isBold: true }),
    ...y.ticks(5).map((tick) => acrossAt(y(tick), ink.line) + label(y(tick), figure(tick))),
    ...x
      .ticks(9)
      .map((tick) =>
        text(x(tick), inner.bottom + 18, figure(tick), { size: 11, color: ink.soft, anchor: 'middle' }),
      ),
    text((inner.left + inner.right) / 2, inner.bottom + 36, 'seconds after the restart began', {
      size: 11,
      color: ink.soft,
      anchor: 'middle',
    }),
    named(y(quotas.kmsSymmetric.value), 'quota of KMS unless raised', ink.soft),
    named(y(steady), 'before', '#047857'),
    ...storms.map(({ restart, fetchesPerSecond }) =>
      element('path', {
        d: course(fetchesPerSecond) ?? '',
        fill: 'none',
        stroke: colors[restart],
        'stroke-width': 2,
      }),
    ),
    ...storms.map(({ restart }, at) => {
      const left = inner.left + at * 200;
      return (
        element('rect', { x: left, y: 42, width: 12, height: 4, fill: colors[restart] }) +
        text(left + 18, 48, names[restart])
      );
    }),
  ];
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'font-family': 'system-ui, sans-serif',
    },
    element('title', {}, title) + parts.join(''),
  )}\n`;
}

const acrossAt = (y: number, stroke: string, dashes?: string): Svg =>
  element('line', {
    x1: inner.left,
    x2: inner.right,
    y1: y,
    y2: y,
    stroke,
    'stroke-dasharray': dashes,
  });

const label = (y: number, content: string): Svg =>
  text(inner.left - 8, y + 4, content, { size: 11, color: ink.soft, anchor: 'end' });

/** A level that the lines are held against; white behind its name, so that no line runs through it. */
function named(y: number, content: string, color: string): Svg {
  const room = widthOf(content, 11) + 8;
  return (
    acrossAt(y, color, '6 4') +
    element('rect', { x: inner.right - room, y: y - 16, width: room, height: 13, fill: '#fff' }) +
    text(inner.right - 4, y - 6, content, { size: 11, color, anchor: 'end' })
  );
}
