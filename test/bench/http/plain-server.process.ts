import { createReadStream } from 'node:fs';
import fastify from 'fastify';
import type { PlainServerQuestion, PlainServerAnswer } from './plain-server.js';

/**
 * The baseline: what Fastify itself takes to read requests and to write answers of the same size.
 * Nothing is checked, kept, encrypted or logged.
 */
async function listen({ answers, exported }: PlainServerQuestion): Promise<PlainServerAnswer> {
  const server = fastify({ logger: false });
  server.get('/v1/patients/:patientId', () => answers.get);
  server.post('/v1/patients', (_, reply) => reply.status(201).send(answers.post));
  server.put('/v1/patients/:patientId', (_, reply) => reply.header('etag', '"1"').send(answers.put));
  server.post('/v1/patients/search', () => answers.search);
  server.put('/v1/patients/:patientId/records/:recordId', (_, reply) => reply.status(201).send({}));
  server.post<{ Body: { records: object[] } }>('/v1/patients/:patientId/records/batch', ({ body }, reply) =>
    reply.status(201).send({ items: body.records.map(() => ({})) }),
  );
  if (exported !== undefined) {
    server.get('/v1/patients/:patientId/export', (_, reply) =>
      reply.type('application/x-ndjson').send(createReadStream(exported)),
    );
  }
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  return { url };
}

process.on('message', (question: PlainServerQuestion) => {
  void listen(question).then((answer) => process.send?.(answer));
});
