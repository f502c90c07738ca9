import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { openSecretFile, SecretFileError } from '@app/configuration';
import { CheckpointSigner, keyIdOf } from './checkpoint.js';

/**
 * Signs checkpoints with a key of this machine. Whoever owns the data folder can sign anew: on this platform the
 * checkpoints that left the machine are the evidence.
 */
export class LocalCheckpointSigner extends CheckpointSigner {
  override readonly keyId: string;
  override readonly publicKey: string;

  private constructor(private readonly key: KeyObject) {
    super();
    this.publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string;
    this.keyId = keyIdOf(this.publicKey);
  }

  /**
   * @param path of the private key, PKCS #8 PEM, made at first use (mode 0600)
   * @throws SecretFileError when the file must not be used, or holds no P-256 key
   */
  static open(path: string): LocalCheckpointSigner {
    const role = 'audit checkpoint key';
    const pem = openSecretFile(path, role, newKey);
    return new LocalCheckpointSigner(signingKey(pem, role));
  }

  override async sign(text: string): Promise<Uint8Array> {
    return sign('sha256', Buffer.from(text), { key: this.key, dsaEncoding: 'der' });
  }
}

function newKey(): Buffer {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }));
}

/** OpenSSL's name of P-256. */
const curve = 'prime256v1';

function signingKey(pem: Buffer, role: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyDetails?.namedCurve === curve) return key;
  } catch (cause) {
    throw new SecretFileError(`The ${role} file holds no private key`, { cause });
  }
  throw new SecretFileError(`The ${role} file holds no P-256 key`);
}
