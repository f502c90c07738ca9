import { type ArgumentMetadata, Injectable, Param, type PipeTransform } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { invalidField, Problem, problemTypes, validateDto } from '@app/problem-details';

/** Ids are UUIDs in lower case: another spelling of an id would be another key. */
export const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

@Injectable()
class UuidPipe implements PipeTransform<string, string> {
  transform(value: string, { data }: ArgumentMetadata): string {
    if (!uuid.test(value)) throw invalidField(`path:${data}`, 'must be a UUID in lower case');
    return value;
  }
}

@Injectable()
class VersionPipe implements PipeTransform<string, number> {
  transform(value: string, { data }: ArgumentMetadata): number {
    if (!/^[1-9]\d{0,9}$/.test(value)) throw invalidField(`path:${data}`, 'must be a version number');
    return Number(value);
  }
}

/** An opaque id in the path. */
export const IdParam = (name: string): ParameterDecorator => Param(name, UuidPipe);
export const VersionParam = (name: string): ParameterDecorator => Param(name, VersionPipe);

export const DocumentId = (name: string) =>
  ApiParam({
    name,
    schema: { type: 'string', format: 'uuid' },
    example: '5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11',
  });
export const DocumentVersion = () =>
  ApiParam({ name: 'version', schema: { type: 'integer', minimum: 1 }, example: 1 });

/**
 * The last gate before a handler. Queries are validated here. A body was validated and screened by the interceptor:
 * one that was not is refused, so that no route can take text past screening.
 */
@Injectable()
export class InputPipe implements PipeTransform {
  transform(value: unknown, { type, metatype }: ArgumentMetadata): unknown {
    if (metatype === undefined || metatype === Object || metatype === String || metatype === Number)
      return value;
    if (type === 'query') return validQuery(metatype as new () => object, value);
    if (type === 'body' && !(value instanceof metatype)) throw new Problem(problemTypes.internal);
    return value;
  }
}

function validQuery(dto: new () => object, value: unknown): object {
  try {
    return validateDto(dto, value);
  } catch (error) {
    if (!(error instanceof Problem) || error.errors === undefined) throw error;
    const errors = error.errors.map(({ pointer, detail }) => ({
      pointer: `query:${pointer.slice(1)}`,
      detail,
    }));
    throw new Problem(error.type, { errors });
  }
}

/**
 * @param names what must be there once, in the order of the request
 * @throws Problem `validation-failed` with the place of each that comes again
 */
export function refuseRepeated(
  names: readonly string[],
  pointer: (position: number) => string,
  detail: string,
): void {
  const repeated = names.flatMap((name, position) => (names.indexOf(name) < position ? [position] : []));
  const errors = repeated.map((position) => ({ pointer: pointer(position), detail }));
  if (errors.length > 0) throw new Problem(problemTypes.validationFailed, { errors });
}
