import type { GoldSpan, LabelledText, NeutralSpan, Span } from './labelled-texts.js';
import { makeIdentifier, makeTrap, seedNames } from './made-identifiers.js';
import { SeededChoice } from './seeded-choice.js';

/** What a note that nobody labelled may hold by itself; a finding of another type in it is a false one. */
const unknownTypes = new Set(['NAME', 'DATE', 'AGE', 'ADDRESS']);
/** Not behind the period of a title, which would give the inserted line to a person. */
const sentenceBorder = /(?<!\b(?:Mr|Mrs|Ms|Dr|St|vs)\.)(?<=[.!?]["')\]]?)[ ]+(?=[A-Z])|\n+/g;

/**
 * Puts identifiers of known kinds into notes, and as many lines that only look like identifiers, each at a border between
 * sentences. The same seed makes the same texts.
 * @param texts notes without labels
 * @param count identifiers a note
 */
export function injectIdentifiers(
  texts: readonly LabelledText[],
  count: number,
  seed: number,
): LabelledText[] {
  seedNames(seed);
  const choice = new SeededChoice(seed);
  return texts.map((text) => inject(text, count, choice));
}

function inject({ id, text }: LabelledText, count: number, choice: SeededChoice): LabelledText {
  const written = new WrittenText();
  const inserts = insertsAt(bordersOf(text), count, choice);
  let from = 0;
  for (const { at, isTrap } of inserts) {
    written.copy(text.slice(from, at));
    written.line(isTrap ? { trap: makeTrap(choice) } : { identifier: makeIdentifier(choice) });
    from = at;
  }
  written.copy(text.slice(from));
  return { id, ...written.finish() };
}

function bordersOf(text: string): number[] {
  const borders = [...text.matchAll(sentenceBorder)].map(({ 0: border, index }) => index + border.length);
  return [0, ...borders, text.length];
}

function insertsAt(
  borders: readonly number[],
  count: number,
  choice: SeededChoice,
): { at: number; isTrap: boolean }[] {
  const inserts = Array.from({ length: 2 * count }, (_, n) => ({
    at: choice.of(borders),
    isTrap: n % 2 === 1,
  }));
  return inserts.sort((a, b) => a.at - b.at);
}

class WrittenText {
  private text = '';
  private readonly gold: GoldSpan[] = [];
  private readonly neutral: NeutralSpan[] = [];
  private readonly traps: Span[] = [];

  copy(piece: string): void {
    if (piece === '') return;
    this.neutral.push({ start: this.text.length, end: this.text.length + piece.length, types: unknownTypes });
    this.text += piece;
  }

  line(
    made: { trap: string } | { identifier: { types: readonly string[]; value: string; line: string } },
  ): void {
    if (this.text !== '' && !/\s$/.test(this.text)) this.text += '\n';
    const start = this.text.length;
    if ('trap' in made) {
      this.text += made.trap;
      this.traps.push({ start, end: this.text.length });
    } else {
      const { types, value, line } = made.identifier;
      const [before = '', after = ''] = line.split('{}');
      const from = start + before.length;
      this.gold.push({ start: from, end: from + value.length, types: new Set(types) });
      this.text += before + value + after;
    }
    this.text += '\n';
  }

  finish(): Omit<LabelledText, 'id'> {
    return { text: this.text, gold: this.gold, neutral: this.neutral, traps: this.traps };
  }
}
