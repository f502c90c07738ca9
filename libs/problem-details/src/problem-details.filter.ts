import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Inject,
  Injectable,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem, problemDocument } from './problem.js';
import { type ProblemType, problemTypes } from './problem-types.js';

/** Told of every refusal and error before the answer leaves. */
export abstract class RefusalRecorder {
  /** @throws Problem `audit-unavailable`, which is then answered instead */
  abstract record(request: FastifyRequest, problem: Problem): Promise<void>;
}

const typeByFastifyCode: Record<string, ProblemType> = {
  FST_ERR_CTP_BODY_TOO_LARGE: problemTypes.payloadTooLarge,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: problemTypes.unsupportedMediaType,
};
const typeByStatus: Record<number, ProblemType> = {
  404: problemTypes.notFound,
  413: problemTypes.payloadTooLarge,
  415: problemTypes.unsupportedMediaType,
  429: problemTypes.tooManyRequests,
  431: problemTypes.headersTooLarge,
};

/** @returns `error` as a problem; what is not ours keeps only its status, because its message may hold input */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { statusCode, code } = (error ?? {}) as { statusCode?: unknown; code?: unknown };
  const status = error instanceof HttpException ? error.getStatus() : Number(statusCode ?? 500);
  const type = (typeof code === 'string' && typeByFastifyCode[code]) || typeByStatus[status];
  if (type) return new Problem(type, { cause: error });
  if (status >= 400 && status < 500) return new Problem(problemTypes.malformedRequest, { cause: error });
  return new Problem(problemTypes.internal, { cause: error });
}

/** Answers every refusal and error as RFC 9457 problem+json, after it has been recorded. */
@Injectable()
@Catch()
export class ProblemDetailsFilter implements ExceptionFilter {
  constructor(@Inject(RefusalRecorder) private readonly recorder: RefusalRecorder) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    await answerRefusal(this.recorder, error, request, reply);
  }
}

/** Records the refusal, then answers it; for what fails before a route is found as well. */
export async function answerRefusal(
  recorder: RefusalRecorder,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const problem = await recorded(recorder, request, asProblem(error));
  if (!reply.sent) sendProblem(reply, problem, request.id);
}

async function recorded(
  recorder: RefusalRecorder,
  request: FastifyRequest,
  problem: Problem,
): Promise<Problem> {
  try {
    await recorder.record(request, problem);
    return problem;
  } catch (error) {
    return asProblem(error);
  }
}

export function sendProblem(reply: FastifyReply, problem: Problem, requestId: string): void {
  if (problem.type.status === 401) reply.header('www-authenticate', 'Bearer realm="phi"');
  void reply
    .headers(problem.headers)
    .header('cache-control', 'no-store')
    .status(problem.type.status)
    .type('application/problem+json')
    .send(JSON.stringify(problemDocument(problem, requestId)));
}
