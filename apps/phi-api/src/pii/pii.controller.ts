import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiBody, ApiResponse, ApiTags } from '@nestjs/swagger';
import { type AuditEventType, AuditTrail, findingCounts } from '@app/audit';
import { OperationAccess } from '@app/authorization';
import { type Caller } from '@app/patient-records';
import {
  deidentifyResource,
  deidentifyText,
  examineTexts,
  judgeTexts,
  PiiDetector,
  type PiiFinding,
  type PolicyAction,
  scopeOf,
  type ScreeningPolicies,
  type ScreeningPolicy,
} from '@app/pii-screening';
import { invalidField } from '@app/problem-details';
import { Documented } from '../http/api-documentation.js';
import { RequestCaller } from '../http/request-caller.js';
import { SCREENING_POLICIES } from '../platform.providers.js';
import { ScreenedBody } from '../screening/pii-screening.interceptor.js';
import { DeidentifyAnswerDto, DeidentifyDto, DetectAnswerDto, DetectDto } from './pii.dto.js';
import { deidentifyExamples, detectExamples } from './pii-examples.js';

const problems = {
  413: 'The body is too large',
  415: 'Not JSON',
};

/** The detector for those who keep their text elsewhere. Nothing that is sent here is stored. */
@ApiTags('screening')
@Controller('v1/pii')
export class PiiController {
  constructor(
    @Inject(PiiDetector) private readonly detector: PiiDetector,
    @Inject(SCREENING_POLICIES) private readonly policies: ScreeningPolicies,
    @Inject(AuditTrail) private readonly audit: AuditTrail,
  ) {}

  @Post('detect')
  @HttpCode(200)
  @OperationAccess('screen')
  @Documented({ summary: 'Find identifiers in texts; nothing is stored', problems })
  @ApiBody({ type: DetectDto, examples: detectExamples })
  @ApiResponse({ status: 200, description: 'What was found, never its text', type: DetectAnswerDto })
  async detect(@RequestCaller() caller: Caller, @ScreenedBody() body: DetectDto): Promise<DetectAnswerDto> {
    const { texts, purpose = 'stored-notes' } = present(body);
    if (texts === undefined) throw invalidField('/texts', 'is required');
    const policy = this.#policy(purpose);
    const { findings, degraded } = await judgeTexts(this.detector, texts, policy);
    await this.#record(caller, 'text-detect', texts.length, findings.flat());
    const results = findings.map((found) => ({
      findings: found.map((finding) => spanOf(finding, finding.action)),
    }));
    return { results, ...(degraded ? { degraded } : {}) };
  }

  @Post('deidentify')
  @HttpCode(200)
  @OperationAccess('screen')
  @Documented({
    summary:
      'Replace the identifiers in texts or in a FHIR resource (45 CFR 164.514(b)(2)); nothing is stored',
    problems: { ...problems, 422: 'The name of a property holds an identifier, and cannot be replaced' },
  })
  @ApiBody({ type: DeidentifyDto, examples: deidentifyExamples })
  @ApiResponse({ status: 200, description: 'Without identifiers', type: DeidentifyAnswerDto })
  async deidentify(
    @RequestCaller() caller: Caller,
    @ScreenedBody() body: DeidentifyDto,
  ): Promise<DeidentifyAnswerDto> {
    const { texts, resource, surrogates = false, purpose = 'safe-harbor' } = present(body);
    const policy = this.#policy(purpose);
    const options = { policy, surrogates };
    if (resource !== undefined && texts === undefined) {
      const answer = await deidentifyResource(resource, this.detector, options);
      const { degraded, findings } = answer;
      await this.#record(caller, 'text-deidentify', 1, findings);
      return { resource: answer.resource, findings, ...(degraded ? { degraded } : {}) };
    }
    if (texts === undefined || resource !== undefined)
      throw invalidField('', 'needs texts or resource, one of them');
    const { findings, degraded } = await examineTexts(this.detector, texts, scopeOf(policy));
    await this.#record(caller, 'text-deidentify', texts.length, findings.flat());
    const results = texts.map((text, position) => {
      const found = findings[position] ?? [];
      return {
        text: deidentifyText(text, found, options),
        findings: found.map((finding) => spanOf(finding, policy[finding.type])),
      };
    });
    return { results, ...(degraded ? { degraded } : {}) };
  }

  #policy(purpose: string): ScreeningPolicy {
    const policy = Object.hasOwn(this.policies, purpose) ? this.policies[purpose] : undefined;
    if (policy === undefined)
      throw invalidField('/purpose', 'must be a purpose that the deployment has a policy for');
    return policy;
  }

  /** Before the answer leaves: who had how many texts looked through, and how much of what was in them. */
  async #record(
    caller: Caller,
    type: AuditEventType,
    count: number,
    found: readonly { type: string; count?: number }[],
  ): Promise<void> {
    const screening = findingCounts(
      found.map(({ type: kind, count: times = 1 }) => ({ type: kind, count: times })),
    );
    const counted = Object.keys(screening).length === 0 ? {} : { screening };
    await this.audit.append([{ type, outcome: '0', origin: caller.origin, count, ...counted }]);
  }
}

const spanOf = ({ type, start, end, confidence }: PiiFinding, action: PolicyAction) => ({
  type,
  start,
  end,
  action,
  confidence,
});

/** @returns the members that are there: JSON `null` counts as absent, and has no default yet */
const present = <T extends object>(body: T): Partial<T> =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null)) as Partial<T>;
