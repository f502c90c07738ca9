import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { OperationAccess } from '@app/authorization';
import { type Caller, Erasure } from '@app/patient-records';
import { invalidField } from '@app/problem-details';
import { Documented } from '../http/api-documentation.js';
import { DocumentId, IdParam } from '../http/input.js';
import { RequestCaller } from '../http/request-caller.js';
import { ScreenedBody } from '../screening/pii-screening.interceptor.js';
import { ErasureDto, ErasureReceiptDto, receiptAnswer } from './erasure.dto.js';

/** Disposal of one patient (45 CFR 164.310(d)(2)(i)) by cryptographic erase (NIST SP 800-88). */
@ApiTags('patients')
@Controller('v1/patients')
export class ErasureController {
  constructor(@Inject(Erasure) private readonly erasure: Erasure) {}

  @Post(':patientId/erase')
  @HttpCode(200)
  @OperationAccess('erase')
  @Documented({
    summary:
      'Erase a patient for ever by destroying the key of all that was stored of him; repeated, it answers the same receipt',
    problems: {
      404: 'No such patient',
      409: 'The patient is being changed again and again; nothing was erased',
      413: 'The body is too large',
      415: 'Not JSON',
      503: 'A dependency is not available: `detail` says whether the erasure has begun; repeat the request',
    },
  })
  @DocumentId('patientId')
  @ApiResponse({ status: 200, description: 'The receipt of the erasure', type: ErasureReceiptDto })
  async erase(
    @RequestCaller() caller: Caller,
    @IdParam('patientId') patientId: string,
    @ScreenedBody() { confirm, reason }: ErasureDto,
  ): Promise<ErasureReceiptDto> {
    if (confirm !== patientId) throw invalidField('/confirm', 'must be the id of the patient in the path');
    return receiptAnswer(await this.erasure.erase(caller, patientId, reason));
  }
}
