import { getMetadataStorage, type ValidationArguments } from 'class-validator';

type DtoClass = new () => object;
type Metadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];

/** One constraint on a property. */
export interface Check {
  passes(value: unknown, object: object): boolean;
  /** What is expected; never what was sent. */
  readonly message: string;
}

/** All that class-validator's decorators say of one property, ready to be asked. */
export interface PropertyPlan {
  readonly name: string;
  /** Whether the property is to be looked at: `@IsOptional` leaves out `null` and `undefined`. */
  applies(object: object, value: unknown): boolean;
  readonly checks: readonly Check[];
  /** The message for what is no object, where the property holds DTOs. */
  readonly nested: string | undefined;
}

const plans = new WeakMap<DtoClass, readonly PropertyPlan[]>();

/**
 * Reads the decorators of a DTO once. class-validator itself looks them up, sorts them and allocates for each property of
 * each object of each request, which took a third of the time of a write; here it stays the source of the decorators and
 * of what each of them means, and the oracle in the test.
 * @throws Error for decorators that this does not understand: none is skipped in silence
 */
export function planOf(dto: DtoClass): readonly PropertyPlan[] {
  const known = plans.get(dto);
  if (known !== undefined) return known;
  const metadata = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
  const names = [...new Set(metadata.map(({ propertyName }) => propertyName))];
  const plan = names.map((name) =>
    propertyPlan(
      name,
      metadata.filter(({ propertyName }) => propertyName === name),
    ),
  );
  plans.set(dto, plan);
  return plan;
}

function propertyPlan(name: string, metadata: readonly Metadata[]): PropertyPlan {
  const ofType = (type: string) => metadata.filter((one) => one.type === type);
  const conditions = ofType('conditionalValidation');
  const custom = ofType('customValidation');
  const nested = ofType('nestedValidation');
  const unknown = metadata.length - conditions.length - custom.length - nested.length;
  if (
    unknown > 0 ||
    metadata.some(({ groups, validateIf }) => groups?.length > 0 || validateIf !== undefined)
  ) {
    throw new Error(`a decorator of the property ${name} is not understood`);
  }
  return {
    name,
    applies: appliesUnder(conditions.map(({ constraints }) => constraints[0] as Condition)),
    checks: custom.flatMap(checksOf),
    nested: nested[0] === undefined ? undefined : fixedMessage(nested[0]),
  };
}

type Condition = (object: object, value: unknown) => boolean;

function appliesUnder(conditions: readonly Condition[]): Condition {
  const [first, ...others] = conditions;
  if (first === undefined) return () => true;
  if (others.length === 0) return first;
  return (object, value) => conditions.every((condition) => condition(object, value));
}

function checksOf(metadata: Metadata): Check[] {
  const { constraints, propertyName, constraintCls, each } = metadata;
  return getMetadataStorage()
    .getTargetValidatorConstraints(constraintCls)
    .map(({ instance }) => {
      const one = (value: unknown, object: object) => {
        const given: ValidationArguments = {
          value,
          constraints,
          object,
          property: propertyName,
          targetName: '',
        };
        return instance.validate(value, given) === true;
      };
      const passes = each
        ? (value: unknown, object: object) =>
            Array.isArray(value) ? value.every((item) => one(item, object)) : one(value, object)
        : one;
      return { passes, message: fixedMessage(metadata) };
    });
}

/** Our messages are fixed: one that is made from the value could repeat it. */
function fixedMessage({ message, propertyName }: Metadata): string {
  if (typeof message === 'string') return message;
  throw new Error(`a decorator of the property ${propertyName} has no fixed message`);
}
