import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { LmdbKeyStoreClient } from '../src/lmdb-key-store.client.js';
import { LocalKmsClient } from '../src/local-kms.client.js';
import { PatientKeyStore } from '../src/patient-key-store.js';

// Another process on a key store: `create` gives patients keys and says whom, `compact` compacts again and again, until
// somebody kills it; `die` kills itself in the middle of a compaction, the others do what they are called for one patient.
const [folder = '', task = '', patient = ''] = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);
const kms = LocalKmsClient.open(join(folder, 'kms-root-key'));
const client = LmdbKeyStoreClient.open(join(folder, 'key-store.lmdb'));
const keyStore = new PatientKeyStore({
  dynamoDbClient: client,
  kmsClient: kms,
  kmsKeyArn: kms.aliasArn,
  earlierKmsKeyArns: () => kms.keyArns,
  kmsKeyLookupSeconds: 0,
  tableName: 'keys',
  logicalName: 'keys',
});

/** Not for ever: LMDB's lock is not fair, and a compaction beside others that never pause can wait for long. */
async function createSome(): Promise<void> {
  for (let count = 0; count < 40; count++) {
    const id = randomUUID();
    await keyStore.create(id);
    say(id);
  }
}

switch (task) {
  case 'create':
    await Promise.all(Array.from({ length: 8 }, createSome));
    // Holds the file open until it is killed.
    process.stdin.resume();
    break;
  case 'compact':
    for (;;) {
      await client.compaction.run((copied) => say(`copied ${copied}`));
      say('compacted');
    }
  case 'die':
    await client.compaction.run(() => process.kill(process.pid, 'SIGKILL'));
    break;
  case 'destroy':
    say(String(await keyStore.destroy(patient)));
    await client.close();
    break;
  case 'compact-and-create':
    await client.compaction.run();
    await keyStore.create(patient);
    await client.close();
    break;
  default:
    throw new Error('Unknown task');
}
