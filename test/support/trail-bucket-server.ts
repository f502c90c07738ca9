import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The two operations of S3 that a trail is read with, on the loopback interface: ListObjectsV2 with a delimiter, in pages,
 * and GetObject. Whatever else is asked is refused.
 * @see Amazon S3 API Reference, "ListObjectsV2", "GetObject"
 */
export interface TrailBucketServer {
  readonly endpoint: string;
  /** Path and query of each request. */
  readonly requests: string[];
  /** Objects by key. */
  objects: Readonly<Record<string, Buffer>>;
  /** Keys and common prefixes a page. */
  pageSize: number;
  /** Keys that may not be read. */
  denied: readonly string[];
  close(): Promise<void>;
}

export async function startTrailBucketServer(bucket: string): Promise<TrailBucketServer> {
  const http = createServer((request, response) => answer(server, bucket, request, response));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const server: TrailBucketServer = {
    // By its address a client leaves the bucket in the path.
    endpoint: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    requests: [],
    objects: {},
    pageSize: 1000,
    denied: [],
    async close() {
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
  return server;
}

/** What the AWS SDK takes from the environment, to find the local server. */
export const trailBucketEnvironment = ({ endpoint }: { endpoint: string }) => ({
  AWS_ENDPOINT_URL_S3: endpoint,
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
});

function answer(
  server: TrailBucketServer,
  bucket: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  server.requests.push(request.url ?? '');
  const { pathname, searchParams } = new URL(request.url ?? '', server.endpoint);
  const [, asked, ...rest] = pathname.split('/');
  const key = decodeURIComponent(rest.join('/'));
  if (request.method !== 'GET') return refuse(response, 501, 'NotImplemented');
  if (!(request.headers.authorization ?? '').startsWith('AWS4-HMAC-SHA256'))
    return refuse(response, 403, 'AccessDenied');
  if (asked !== bucket) return refuse(response, 404, 'NoSuchBucket');
  if (searchParams.get('list-type') === '2') return list(server, searchParams, response);
  const content = server.objects[key];
  if (content === undefined) return refuse(response, 404, 'NoSuchKey');
  if (server.denied.includes(key)) return refuse(response, 403, 'AccessDenied');
  response.setHeader('content-type', 'application/x-gzip');
  response.end(content);
}

function list(server: TrailBucketServer, query: URLSearchParams, response: ServerResponse): void {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('continuation-token') ?? '';
  if (query.get('delimiter') !== '/') return refuse(response, 501, 'NotImplemented');
  const found = new Set(
    Object.keys(server.objects)
      .filter((key) => key.startsWith(prefix))
      .map((key) => {
        const end = key.indexOf('/', prefix.length);
        return end < 0 ? key : key.slice(0, end + 1);
      }),
  );
  const left = [...found].sort().filter((key) => key > after);
  const page = left.slice(0, server.pageSize);
  const isTruncated = left.length > page.length;
  response.setHeader('content-type', 'application/xml');
  response.end(
    [
      '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
      `<Prefix>${prefix}</Prefix><KeyCount>${page.length}</KeyCount><IsTruncated>${isTruncated}</IsTruncated>`,
      isTruncated ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '',
      ...page.map((key) =>
        key.endsWith('/')
          ? `<CommonPrefixes><Prefix>${key}</Prefix></CommonPrefixes>`
          : `<Contents><Key>${key}</Key><Size>${server.objects[key]?.length}</Size></Contents>`,
      ),
      '</ListBucketResult>',
    ].join(''),
  );
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/xml');
  response.end(
    `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>no reason given</Message></Error>`,
  );
}
