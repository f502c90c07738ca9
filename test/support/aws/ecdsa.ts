import { createECDH, type KeyObject, randomBytes } from 'node:crypto';

/** Order of the group of P-256. @see NIST SP 800-186, 3.2.1.3 */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const BYTES = 32;

/**
 * ECDSA on P-256 over a digest that somebody else made, which `node:crypto` does not offer: it always hashes once more.
 * Test support: its arithmetic takes a time that tells of the key.
 * @returns DER @see FIPS 186-5, 6.4.1
 */
export function signDigest(key: KeyObject, digest: Buffer): Buffer {
  const d = privateNumber(key);
  for (;;) {
    const k = numberOf(randomBytes(BYTES)) % order;
    const r = k === 0n ? 0n : abscissa(k) % order;
    const s = (inverse(k) * (numberOf(digest) + r * d)) % order;
    if (r !== 0n && s !== 0n) return sequence(Buffer.concat([derInteger(r), derInteger(s)]));
  }
}

/** The private key is here, so the public point need not be added to: u1 G + u2 d G is one multiple of G. */
export function verifyDigest(key: KeyObject, digest: Buffer, signature: Buffer): boolean {
  const parts = readDer(signature);
  if (parts === undefined) return false;
  const [r, s] = parts;
  if (r < 1n || r >= order || s < 1n || s >= order) return false;
  const w = inverse(s);
  const multiple = (numberOf(digest) * w + r * w * privateNumber(key)) % order;
  return multiple !== 0n && abscissa(multiple) % order === r;
}

const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

const bytesOf = (number: bigint): Buffer => Buffer.from(number.toString(16).padStart(2 * BYTES, '0'), 'hex');

function privateNumber(key: KeyObject): bigint {
  return numberOf(Buffer.from(key.export({ format: 'jwk' }).d as string, 'base64url'));
}

/** First coordinate of k times the base point. */
function abscissa(k: bigint): bigint {
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(bytesOf(k));
  return numberOf(ecdh.getPublicKey().subarray(1, 1 + BYTES));
}

/** By Fermat: the order is prime. */
function inverse(number: bigint): bigint {
  let result = 1n;
  let square = number % order;
  for (let exponent = order - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * square) % order;
    square = (square * square) % order;
  }
  return result;
}

// Both parts are short: one byte of length does. @see ITU-T X.690, 8.3, 8.9
const sequence = (content: Buffer) => Buffer.concat([Buffer.of(0x30, content.length), content]);

function derInteger(number: bigint): Buffer {
  const hex = number.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const positive = (bytes[0] as number) > 0x7f ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
  return Buffer.concat([Buffer.of(0x02, positive.length), positive]);
}

/** @returns r and s; undefined for what no signer writes */
function readDer(signature: Buffer): [bigint, bigint] | undefined {
  const length = signature[3] ?? 0;
  const r = signature.subarray(4, 4 + length);
  const s = signature.subarray(6 + length);
  if (r.length === 0 || s.length === 0) return undefined;
  const numbers: [bigint, bigint] = [numberOf(r), numberOf(s)];
  const written = sequence(Buffer.concat(numbers.map(derInteger)));
  return written.equals(signature) ? numbers : undefined;
}
