/** Text of an SVG. */
export type Svg = string;

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** @returns an element; attributes that are `undefined` are left out */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  content = '',
): Svg {
  const written = Object.entries(attributes)
    .filter((attribute): attribute is [string, string | number] => attribute[1] !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? trimmed(value) : escaped(value)}"`)
    .join('');
  return content === '' ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`;
}

/** A tenth of a pixel is as fine as anybody sees. */
const trimmed = (value: number): string => String(Math.round(value * 10) / 10);

export interface TextStyle {
  size?: number;
  color?: string;
  anchor?: 'start' | 'middle' | 'end';
  isBold?: boolean;
}

export const ink = {
  text: '#1f2937',
  soft: '#6B7280',
  line: '#e5e7eb',
  axis: '#9ca3af',
  page: '#f3f4f6',
} as const;

export const text = (
  x: number,
  y: number,
  content: string,
  { size = 12, color = ink.text, anchor = 'start', isBold = false }: TextStyle = {},
): Svg =>
  element(
    'text',
    {
      x,
      y,
      'font-size': size,
      fill: color,
      'text-anchor': anchor === 'start' ? undefined : anchor,
      'font-weight': isBold ? 'bold' : undefined,
    },
    escaped(content),
  );

/** About how wide a text becomes: an SVG cannot ask before it is shown. */
export const widthOf = (content: string, size: number): number => content.length * size * 0.54;

/** @returns the text, cut with an ellipsis where it would be wider */
export function fitting(content: string, width: number, size: number): string {
  const most = Math.floor(width / (size * 0.54));
  return content.length <= most ? content : `${content.slice(0, Math.max(1, most - 1))}…`;
}

/** A number as people read it: two or three significant digits, thousands with commas. */
export function figure(value: number): string {
  if (value === 0) return '0';
  if (Math.abs(value) < 1) return String(Number(value.toPrecision(2)));
  if (Math.abs(value) < 100 && !Number.isInteger(value)) return value.toFixed(1);
  return Math.round(value).toLocaleString('en-US');
}
