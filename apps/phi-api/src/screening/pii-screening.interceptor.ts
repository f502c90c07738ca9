import {
  Body,
  type CallHandler,
  createParamDecorator,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { type ScreeningResult } from '@app/patient-records';
import { PiiScreener } from '@app/pii-screening';
import { validateDto } from '@app/problem-details';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { keepSentBody } from '../http/idempotency-key.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** What screening did to the body. */
    screening?: ScreeningResult;
  }
}

type DtoClass = new () => object;

/**
 * Identifiers in text: validates the body, then screens every text in it before a handler sees it. Nest runs
 * interceptors before pipes, so the validation is here: no text of a malformed body leaves the process, and 400 comes
 * before 422. Which DTO a body has is read from the handler itself, so that no route can forget to declare it.
 */
@Injectable()
export class PiiScreeningInterceptor implements NestInterceptor {
  readonly #dtoByHandler = new WeakMap<object, DtoClass | false>();

  constructor(@Inject(PiiScreener) private readonly screener: PiiScreener) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const dto = this.#bodyDto(context);
    if (dto !== undefined) {
      const request = context.switchToHttp().getRequest<FastifyRequest>();
      const body = validateDto(dto, request.body);
      keepSentBody(request, body);
      request.screening = await this.screener.screen(body);
      request.body = body;
    }
    return next.handle();
  }

  #bodyDto(context: ExecutionContext): DtoClass | undefined {
    const handler = context.getHandler();
    const known = this.#dtoByHandler.get(handler);
    if (known !== undefined) return known === false ? undefined : known;
    const dto = declaredBody(context.getClass(), handler.name);
    this.#dtoByHandler.set(handler, dto ?? false);
    return dto;
  }
}

function declaredBody(controller: { prototype: object; name: string }, method: string): DtoClass | undefined {
  const parameters = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, method) ?? {}) as Record<
    string,
    { index: number }
  >;
  const body = Object.entries(parameters).find(([name]) => name.startsWith(`${RouteParamtypes.BODY}:`))?.[1];
  if (body === undefined) return undefined;
  const types = Reflect.getMetadata('design:paramtypes', controller.prototype, method) as DtoClass[];
  const dto = types[body.index];
  if (dto === undefined || dto === (Object as unknown))
    throw new Error(`${controller.name}.${method} takes a body without a DTO class`);
  return dto;
}

/**
 * The body of a handler, validated and screened. A handler that took its body otherwise would be given nothing:
 * `InputPipe` refuses a body that did not come through here.
 */
export function ScreenedBody(): ParameterDecorator {
  return (controller, method, index) => {
    if (method === undefined) throw new Error('a body belongs to a handler');
    Body()(controller, method, index);
    const handler = Object.getOwnPropertyDescriptor(controller, method) as PropertyDescriptor;
    UseInterceptors(PiiScreeningInterceptor)(controller, method, handler);
  };
}

const clean: ScreeningResult = { outcome: 'clean', findings: [] };

/** What screening did to the body of this request. */
export const Screening = createParamDecorator((_: unknown, context: ExecutionContext): ScreeningResult => {
  return context.switchToHttp().getRequest<FastifyRequest>().screening ?? clean;
});
