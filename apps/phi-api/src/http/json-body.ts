/** Nothing that is nested deeper passes validation, so nothing deeper is looked at. */
const deepestLevel = 64;

/**
 * RFC 8259, 4 leaves it open what a name that stands twice in an object means: one parser takes the first, another the
 * last. What we would acknowledge is then not what was meant, and what was screened elsewhere not what is stored here.
 * @param text JSON that has been parsed without an error
 */
export function repeatsName(text: string): boolean {
  /** For each open object the names seen in it; `undefined` for an open array. */
  const open: (Set<string> | undefined)[] = [];
  const structure = /["{}[\],]/g;
  let nameFollows = false;
  for (let match = structure.exec(text); match !== null; match = structure.exec(text)) {
    const character = match[0];
    if (character === '"') {
      const end = endOfString(text, match.index);
      structure.lastIndex = end;
      const names = open.at(-1);
      if (nameFollows && names !== undefined) {
        const name = JSON.parse(text.slice(match.index, end)) as string;
        if (names.has(name)) return true;
        names.add(name);
      }
      nameFollows = false;
    } else if (character === '{' || character === '[') {
      if (open.length === deepestLevel) return false;
      open.push(character === '{' ? new Set() : undefined);
      nameFollows = character === '{';
    } else if (character === ',') nameFollows = open.at(-1) !== undefined;
    else {
      open.pop();
      nameFollows = false;
    }
  }
  return false;
}

/** @returns the position after the quotation mark that ends the string beginning at `start` */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return end + 1;
  }
}
