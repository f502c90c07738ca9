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
  let names: Set<string> | undefined;
  let nameFollows = false;
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '"': {
        const end = endOfString(text, at);
        if (nameFollows && names !== undefined) {
          const name = nameIn(text.slice(at, end));
          if (names.has(name)) return true;
          names.add(name);
          nameFollows = false;
        }
        at = end - 1;
        break;
      }
      case '{':
      case '[':
        if (open.length === deepestLevel) return false;
        nameFollows = text[at] === '{';
        names = nameFollows ? new Set() : undefined;
        open.push(names);
        break;
      case '}':
      case ']':
        open.pop();
        names = open.at(-1);
        break;
      case ',':
        nameFollows = names !== undefined;
    }
  }
  return false;
}

/** Most names have no escapes, and need no parser. */
const nameIn = (quoted: string) =>
  quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);

/** @returns the position after the quotation mark that ends the string beginning at `start` */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return end + 1;
  }
}
