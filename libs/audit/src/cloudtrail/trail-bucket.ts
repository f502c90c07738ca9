import type { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { CloudTrailUnavailable, errorName } from './cloudtrail-source.js';
import { TrailStore } from './trail-files.js';

/** Trail files where CloudTrail delivers them. */
export class TrailBucket extends TrailStore {
  #client: S3Client | undefined;

  /** @param prefix `''`, or what the objects' keys begin with, up to a `/` */
  constructor(
    private readonly bucket: string,
    private readonly prefix: string,
    private readonly region: string,
  ) {
    super();
  }

  override async *list(folder: string): AsyncGenerator<string> {
    const { ListObjectsV2Command } = await import('@aws-sdk/client-s3');
    const client = await this.#open();
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({
        Bucket: this.bucket,
        Prefix: this.prefix + folder,
        Delimiter: '/',
        ...(token === undefined ? {} : { ContinuationToken: token }),
      });
      const page = await client.send(command).catch(unavailable);
      const folders = (page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix);
      const files = (page.Contents ?? []).map(({ Key }) => Key);
      for (const path of [...folders, ...files]) {
        if (path !== undefined && path !== this.prefix + folder) yield path.slice(this.prefix.length);
      }
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  override async open(path: string): Promise<Readable> {
    const { GetObjectCommand } = await import('@aws-sdk/client-s3');
    const client = await this.#open();
    const command = new GetObjectCommand({ Bucket: this.bucket, Key: this.prefix + path });
    const { Body } = await client.send(command).catch(unavailable);
    if (Body === undefined) throw new CloudTrailUnavailable('the bucket answers without a file');
    return Body as Readable;
  }

  async #open(): Promise<S3Client> {
    // Loaded here: the service itself reads no bucket.
    const { S3Client: Client } = await import('@aws-sdk/client-s3');
    this.#client ??= new Client({ region: this.region, followRegionRedirects: true });
    return this.#client;
  }
}

function unavailable(error: unknown): never {
  throw new CloudTrailUnavailable(`the trail's bucket cannot be read (${errorName(error)})`, {
    cause: error,
  });
}
