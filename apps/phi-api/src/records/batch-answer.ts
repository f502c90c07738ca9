import type { ClinicalRecord, Versioned } from '@app/patient-records';
import { ApiHeader, ApiProperty } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { recordAnswer, RecordVersionDto } from './record-answers.dto.js';

export class BatchAnswerDto {
  @ApiProperty({
    type: [RecordVersionDto],
    description: 'The records, in the order of the request; ids, times and screening alone if asked for so.',
  })
  items!: RecordVersionDto[];
}

/** Who has the records need not be sent them. */
export const MinimalOnWish = () =>
  ApiHeader({
    name: 'Prefer',
    required: false,
    description:
      '`return=minimal` leaves out what was sent: ids, versions, times and screening are answered (RFC 7240).',
    schema: { type: 'string' },
  });

const minimal = /(?:^|,)\s*return\s*=\s*"?minimal"?\s*(?:[;,]|$)/i;

/** The answer to a batch; the preference is the client's to have, and one that is not understood is passed over (RFC 7240, 2). */
export function batchAnswer(
  records: readonly Versioned<ClinicalRecord>[],
  patientId: string,
  request: FastifyRequest,
  reply: FastifyReply,
): BatchAnswerDto {
  const { prefer = '' } = request.headers;
  if (!minimal.test(String(prefer))) {
    return { items: records.map((record) => recordAnswer(record, patientId)) };
  }
  void reply.header('preference-applied', 'return=minimal');
  const items = records.map(({ id, version, createdAt, updatedAt, screening }) => {
    return { id, patientId, version, createdAt, updatedAt, screening } as RecordVersionDto;
  });
  return { items };
}
