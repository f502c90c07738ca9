import { type AwsEndpoint, type JsonObject, testAccountId } from './aws-endpoint.js';
import { AwsException } from './aws-exception.js';
import {
  flag,
  listOf,
  oneOf,
  operation,
  type Operations,
  optional,
  structure,
  text,
  wholeNumber,
} from './input-fields.js';
import { epochSeconds, pageOf, startJsonService } from './json-service.js';
import type { KmsKeyRing } from './kms-key-ring.js';
import { type Parameter, type ParameterVersion, SsmParameters } from './ssm-parameters.js';

/** Parameter Store on the loopback interface. */
export interface SsmServer {
  readonly endpoint: AwsEndpoint;
  readonly parameters: SsmParameters;
}

/**
 * @param keys of the account: SecureStrings are under them
 * @see AWS Systems Manager API Reference
 */
export async function startSsmServer(keys: KmsKeyRing): Promise<SsmServer> {
  const parameters = new SsmParameters(keys);
  const endpoint = await startJsonService(
    { signingName: 'ssm', targetPrefix: 'AmazonSSM', contentType: 'application/x-amz-json-1.1' },
    { ...changes(parameters), ...reads(parameters), DescribeParameters: description(parameters) },
  );
  return { endpoint, parameters };
}

const name = text(1, 2048);
const token = optional(text(1, 4096));
const invalidToken = () => new AwsException('InvalidNextToken', 'The specified token is not valid.');

function changes(parameters: SsmParameters): Operations {
  return {
    PutParameter: operation(
      {
        Name: name,
        Value: text(1, 65_536),
        Type: optional(oneOf('String', 'StringList', 'SecureString')),
        Description: optional(text(0, 1024)),
        KeyId: optional(text(1, 256)),
        Overwrite: optional(flag),
        AllowedPattern: optional(text(0, 1024)),
        Tags: optional(listOf(structure({ Key: text(1, 128), Value: text(0, 256) }), 0, 1000)),
        Tier: optional(oneOf('Standard', 'Advanced', 'Intelligent-Tiering')),
        DataType: optional(oneOf('text')),
      },
      (input) => {
        if (input.Overwrite === true && (input.Tags?.length ?? 0) > 0)
          throw new AwsException(
            'ValidationException',
            "Invalid request: tags and overwrite can't be used together.",
          );
        if ((input.Tags?.length ?? 0) > 50) throw new AwsException('TooManyTagsError');
        const { version, tier } = parameters.put({
          name: input.Name,
          value: input.Value,
          type: input.Type,
          tier: input.Tier,
          keyId: input.KeyId,
          description: input.Description,
          allowedPattern: input.AllowedPattern,
          overwrite: input.Overwrite ?? false,
        });
        return { Version: version, Tier: tier };
      },
    ),
    DeleteParameter: operation({ Name: name }, ({ Name }) => {
      parameters.delete(Name);
      return {};
    }),
    LabelParameterVersion: operation(
      {
        Name: name,
        ParameterVersion: optional(wholeNumber(1, Number.MAX_SAFE_INTEGER)),
        Labels: listOf(text(1, 100), 1, 10),
      },
      ({ Name, ParameterVersion, Labels }) => {
        const { version, invalid } = parameters.label(Name, ParameterVersion, Labels);
        return { ParameterVersion: version, InvalidLabels: invalid };
      },
    ),
  };
}

function reads(parameters: SsmParameters): Operations {
  const shown = (parameter: Parameter, version: ParameterVersion, decrypt: boolean, selector = '') => ({
    Name: parameter.name,
    Type: parameter.type,
    Value: decrypt ? parameters.plaintext(parameter, version) : version.value,
    Version: version.version,
    ...(selector !== '' && { Selector: selector }),
    LastModifiedDate: epochSeconds(version.modifiedAt),
    ARN: parameter.arn,
    DataType: 'text',
  });
  return {
    GetParameter: operation(
      { Name: name, WithDecryption: optional(flag) },
      ({ Name, WithDecryption = false }) => {
        const { parameter, version, selector } = parameters.find(Name);
        return { Parameter: shown(parameter, version, WithDecryption, selector) };
      },
    ),
    GetParameters: operation(
      { Names: listOf(name, 1, 10), WithDecryption: optional(flag) },
      ({ Names, WithDecryption = false }) => {
        if (new Set(Names).size < Names.length)
          throw new AwsException('ValidationException', 'Duplicate parameter names are not allowed.');
        const found: JsonObject[] = [];
        const missing: string[] = [];
        for (const one of Names) {
          try {
            const { parameter, version, selector } = parameters.find(one);
            found.push(shown(parameter, version, WithDecryption, selector));
          } catch (error) {
            if (!(error instanceof AwsException) || !error.code.endsWith('NotFound')) throw error;
            missing.push(one);
          }
        }
        return { Parameters: found, InvalidParameters: missing };
      },
    ),
    GetParametersByPath: operation(
      {
        Path: text(1, 2048, /^\//),
        Recursive: optional(flag),
        WithDecryption: optional(flag),
        MaxResults: optional(wholeNumber(1, 10)),
        NextToken: token,
      },
      ({ Path, Recursive = false, WithDecryption = false, MaxResults = 10, NextToken }) => {
        const found = parameters.all().filter((parameter) => isBelow(Path, parameter.name, Recursive));
        const question = [Path, Recursive, WithDecryption];
        const { page, next } = pageOf(found, MaxResults, NextToken, question, invalidToken);
        return {
          Parameters: page.map((one) => shown(one, one.versions.at(-1)!, WithDecryption)),
          ...(next !== undefined && { NextToken: next }),
        };
      },
    ),
  };
}

function isBelow(path: string, parameter: string, recursive: boolean): boolean {
  const folder = path.endsWith('/') ? path : `${path}/`;
  return parameter.startsWith(folder) && (recursive || !parameter.slice(folder.length).includes('/'));
}

const filter = structure({
  Key: oneOf('Name', 'Path', 'Type', 'Tier', 'KeyId'),
  Option: optional(oneOf('Equals', 'BeginsWith', 'Contains', 'Recursive', 'OneLevel')),
  Values: listOf(text(1, 1024), 1, 50),
});
type Filter = ReturnType<typeof filter>;

/** Whether any of the values fits; by `Equals` unless the filter says otherwise, a path by one level. */
function fits({ Key, Option, Values }: Filter, parameter: Parameter): boolean {
  if (Key === 'Path') return Values.some((value) => isBelow(value, parameter.name, Option === 'Recursive'));
  const actual = { Name: parameter.name, Type: parameter.type, Tier: parameter.tier, KeyId: parameter.keyId }[
    Key
  ];
  if (Option === 'Recursive' || Option === 'OneLevel')
    throw new AwsException('InvalidFilterOption', 'The specified filter option is not valid.');
  return Values.some((value) => {
    if (Option === 'BeginsWith') return actual?.startsWith(value);
    return Option === 'Contains' ? actual?.includes(value) : actual === value;
  });
}

const description = (parameters: SsmParameters) =>
  operation(
    {
      ParameterFilters: optional(listOf(filter, 0, 50)),
      MaxResults: optional(wholeNumber(1, 50)),
      NextToken: token,
    },
    ({ ParameterFilters = [], MaxResults = 50, NextToken }) => {
      const found = parameters.all().filter((one) => ParameterFilters.every((wanted) => fits(wanted, one)));
      const { page, next } = pageOf(found, MaxResults, NextToken, ParameterFilters, invalidToken);
      return {
        Parameters: page.map((parameter) => ({
          Name: parameter.name,
          ARN: parameter.arn,
          Type: parameter.type,
          ...(parameter.keyId !== undefined && { KeyId: parameter.keyId }),
          LastModifiedDate: epochSeconds(parameter.versions.at(-1)!.modifiedAt),
          LastModifiedUser: `arn:aws:iam::${testAccountId}:root`,
          Description: parameter.description,
          Version: parameter.versions.at(-1)!.version,
          Tier: parameter.tier,
          Policies: [],
          DataType: 'text',
        })),
        ...(next !== undefined && { NextToken: next }),
      };
    },
  );
