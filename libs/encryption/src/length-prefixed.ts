/**
 * Joins parts so that no two lists give the same bytes: the count, then each part behind its length in bytes.
 * @param parts text (as UTF-8) or bytes
 */
export function lengthPrefixed(parts: readonly (string | Uint8Array)[]): Buffer {
  const chunks: Uint8Array[] = [uint32(parts.length)];
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part, 'utf8') : part;
    chunks.push(uint32(bytes.byteLength), bytes);
  }
  return Buffer.concat(chunks);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
