import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { DisclosurePageDto } from './audit/disclosures.dto.js';
import { FieldErrorDto, FindingSummaryDto, ProblemDto } from './http/answers.dto.js';

const description = `The system of record for patient data. Every record is encrypted under its patient's own key, \
free text is screened for identifiers before it is stored, and every access is in the audit trail.

**Authorize** with a token (on a development machine: \`npm run --silent phi -- token --scope "system/*.cruds user/AuditEvent.rs"\`), \
then *Try it out*. Identifiers travel in bodies, never in URLs. Errors are \`application/problem+json\` (RFC 9457).`;

/** @returns the OpenAPI 3.1 document of the routes of `app` */
export function createOpenApiDocument(app: INestApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Healthcare Security Platform')
    .setDescription(description)
    .setVersion(packageVersion())
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description: 'An access token of a configured issuer',
      },
      'token',
    )
    .addTag('patients', 'People whose data is kept')
    .addTag('records', 'Clinical records of a patient')
    .addTag('care team', 'Who may see a patient')
    .addTag('emergency access', 'Breaking the glass, and its review')
    .addTag('audit', 'Who did what to whose data, and the proof that it was recorded')
    .addTag('screening', 'Identifiers in text that is kept elsewhere')
    .addTag('health', 'Probes');
  return SwaggerModule.createDocument(app, builder.build(), {
    extraModels: [ProblemDto, FieldErrorDto, FindingSummaryDto, DisclosurePageDto],
    operationIdFactory: (controller, method) => `${controller.replace('Controller', '')}_${method}`,
  });
}

const packageVersion = () =>
  (JSON.parse(readFileSync(join(projectFolder(), 'package.json'), 'utf8')) as { version: string }).version;

/** @returns the committed document, which CI holds equal to the routes: building it takes longer than starting */
export function readOpenApiDocument(): OpenAPIObject {
  return JSON.parse(readFileSync(join(projectFolder(), 'openapi.json'), 'utf8')) as OpenAPIObject;
}

/** The folder of package.json, from the sources and from the build alike. */
export function projectFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}
