/** Lists are written as text, words parted by blanks; `_` stands for a blank inside an entry. */
export function wordList(text: string): string[] {
  return text
    .trim()
    .split(/\s+/)
    .map((word) => word.replaceAll('_', ' '));
}
