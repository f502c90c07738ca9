import { Ajv } from 'ajv';

const uuid = {
  type: 'string',
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
};
/** Letters, digits, dots, hyphens and underscores, a letter or an underscore first. */
const token = { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9._-]*$' };
/** Without space at either end. */
const text = { type: 'string', pattern: '^\\S(.*\\S)?$' };
const markup = { type: 'string', minLength: 1 };
const uri = { type: 'string', pattern: '^[a-zA-Z][a-zA-Z0-9+.-]+:\\S+$' };

const object = (
  required: string[],
  optional: Record<string, object>,
  properties: Record<string, object>,
) => ({
  type: 'object',
  required,
  additionalProperties: false,
  properties: { ...properties, ...optional },
});
const list = (items: object) => ({ type: 'array', minItems: 1, items });

const property = object(
  ['name', 'value'],
  { uuid, ns: uri, class: token, group: token, remarks: markup },
  { name: token, value: text },
);
const requirement = object(
  ['uuid', 'control-id', 'description'],
  { props: list(property), remarks: markup },
  { uuid, 'control-id': token, description: markup },
);
const implementation = object(
  ['uuid', 'source', 'description', 'implemented-requirements'],
  { props: list(property) },
  { uuid, source: uri, description: markup, 'implemented-requirements': list(requirement) },
);
const component = object(
  ['uuid', 'type', 'title', 'description'],
  {
    purpose: markup,
    props: list(property),
    'control-implementations': list(implementation),
    remarks: markup,
  },
  { uuid, type: text, title: markup, description: markup },
);
const metadata = object(
  ['title', 'last-modified', 'version', 'oscal-version'],
  { props: list(property), remarks: markup },
  {
    title: markup,
    'last-modified': {
      type: 'string',
      pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:\\d{2})$',
    },
    version: text,
    'oscal-version': text,
  },
);

/**
 * What OSCAL asks of a component definition, as far as ours uses its model: names of members, which are required, and the form of their
 * values. A member that is not here is refused, so that nothing is used unlooked at.
 * @see NIST OSCAL 1.1.2, "Component Definition Model", JSON format reference
 */
const schema = object(
  ['component-definition'],
  {},
  {
    'component-definition': object(['uuid', 'metadata'], { components: list(component) }, { uuid, metadata }),
  },
);

const validate = new Ajv({ allErrors: true }).compile(schema);

/** @returns what is wrong with a component definition; nothing if it is right */
export const faultsOfDefinition = (definition: unknown): string[] =>
  validate(definition)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
