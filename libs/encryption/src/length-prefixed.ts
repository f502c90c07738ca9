const lengthBytes = 4;

/**
 * Joins parts so that no two lists give the same bytes: the count, then each part behind its length in bytes.
 * @param parts text (as UTF-8) or bytes
 */
export function lengthPrefixed(parts: readonly (string | Uint8Array)[]): Buffer {
  const lengths = parts.map((part) =>
    typeof part === 'string' ? Buffer.byteLength(part, 'utf8') : part.byteLength,
  );
  const total = lengths.reduce((sum, length) => sum + lengthBytes + length, lengthBytes);
  const joined = Buffer.allocUnsafe(total);
  let position = joined.writeUInt32BE(parts.length);
  for (const [index, part] of parts.entries()) {
    position = joined.writeUInt32BE(lengths[index]!, position);
    if (typeof part === 'string') joined.write(part, position, 'utf8');
    else joined.set(part, position);
    position += lengths[index]!;
  }
  return joined;
}
