import type { Span } from './masked-text.js';

/** From the strongest to the weakest: a paragraph, a line, a sentence (not "Dr. Smith"), a blank. */
const borders = [/\n\s*\n/g, /\n/g, /(?<=[\p{L}\p{N})]{5}[.!?])\s+(?=\P{Ll})/gu, /\s+/g];

/**
 * Cuts a text into chunks that can be read on their own.
 * @param most code units of a chunk
 * @param tags in order; none is cut
 * @returns chunks in order that together are the whole text
 */
export function chunksOf(text: string, most: number, tags: readonly Span[]): Span[] {
  const chunks: Span[] = [];
  let start = 0;
  while (text.length - start > most) {
    const end = cutBefore(text, start, start + most, tags);
    chunks.push({ start, end });
    start = end;
  }
  chunks.push({ start, end: text.length });
  return chunks;
}

function cutBefore(text: string, start: number, limit: number, tags: readonly Span[]): number {
  // Only the second half is searched, or a text of short paragraphs would become many chunks.
  const from = start + Math.floor((limit - start) / 2);
  const window = text.slice(from, limit);
  for (const border of borders) {
    const last = [...window.matchAll(border)].at(-1);
    if (last !== undefined) return from + last.index + last[0].length;
  }
  const tagAcross = tags.find((tag) => tag.start < limit && limit < tag.end);
  if (tagAcross !== undefined) return tagAcross.start;
  const isInsidePair = /^[\uDC00-\uDFFF]/.test(text.charAt(limit));
  return isInsidePair ? limit - 1 : limit;
}
