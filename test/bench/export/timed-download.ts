import { request } from 'node:http';

export interface Download {
  firstByteMilliseconds: number;
  milliseconds: number;
  bytes: number;
}

/**
 * Reads an answer as fast as it comes.
 * @param take sees each part of it
 * @throws Error for an answer that is no success, or is cut off
 */
export function timedDownload(
  url: string,
  headers: Record<string, string>,
  take: (chunk: Buffer) => void = () => undefined,
): Promise<Download> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const since = () => performance.now() - startedAt;
    let firstByteMilliseconds = Number.NaN;
    let bytes = 0;
    const asked = request(url, { agent: false, headers }, (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        reject(new Error(`the download was answered with ${response.statusCode}`));
        return;
      }
      response.on('data', (chunk: Buffer) => {
        if (bytes === 0) firstByteMilliseconds = since();
        bytes += chunk.byteLength;
        take(chunk);
      });
      response.on('error', reject);
      response.on('end', () => resolve({ firstByteMilliseconds, milliseconds: since(), bytes }));
    });
    asked.on('error', reject);
    asked.end();
  });
}
