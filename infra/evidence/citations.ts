import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** A place that says which paragraph it meets. */
export interface Citation {
  /** `164.312(b)` */
  paragraph: string;
  kind: 'code' | 'test' | 'query';
  /** Of the repository, with slashes. */
  path: string;
  /** A declaration (`AuditTrail.append`), a test's title, or a query's name. */
  at: string;
}

const CITATION = /\b164\.\d{3}(?:\([A-Za-z0-9]{1,5}\))*/g;
const folders = ['apps', 'infra', 'libs', 'test'];
/** The lists of paragraphs themselves, and what only repeats a citation. */
const leftOut =
  /^(infra\/(compliance|evidence|node_modules)|test\/(infra\/snapshots|fixtures)|.*\/node_modules)(\/|$)/;

/** @returns every citation in a comment of the code, in a comment or title of a test, and in a saved query; each once, in order */
export function citationsIn(root: string): Citation[] {
  const found = folders
    .flatMap((folder) => filesBelow(root, folder))
    .filter((path) => /\.(ts|mjs|sql)$/.test(path))
    .flatMap((path) => citationsOf(path, readFileSync(join(root, path), 'utf8')));
  const once = new Map(found.map((one) => [JSON.stringify(one), one]));
  return [...once.keys()].sort().map((key) => once.get(key)!);
}

function filesBelow(root: string, folder: string): string[] {
  if (leftOut.test(folder)) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(root, `${folder}/${entry.name}`) : [`${folder}/${entry.name}`],
  );
}

export function citationsOf(path: string, text: string): Citation[] {
  const matches = [...text.matchAll(CITATION)];
  if (matches.length === 0) return [];
  if (path.endsWith('.sql')) {
    const at = path.replace(/^.*\/|\.sql$/g, '');
    return matches.map(([paragraph]) => ({ paragraph, kind: 'query', path, at }));
  }
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, false);
  const isTest = path.endsWith('.spec.ts') || path.endsWith('.contract.ts');
  // What only supports tests proves nothing by itself.
  if (!isTest && /(^|\/)test\/|spec-support/.test(path)) return [];
  return matches.flatMap(({ 0: paragraph, index }): Citation[] => {
    const around = nodesAround(source, index);
    const isComment = !isWithinLiteral(around.at(-1), index, source);
    if (isTest) {
      const title = titleOf(around, source);
      return isComment || title.includes(paragraph)
        ? [{ paragraph, kind: 'test', path, at: withoutCitation(title) }]
        : [];
    }
    // A text may name a paragraph to people; what meets it says so in a comment.
    return isComment ? [{ paragraph, kind: 'code', path, at: declarationOf(around) }] : [];
  });
}

/** What is cited stands beside the title already. */
const withoutCitation = (title: string): string =>
  title
    .replaceAll(/\s*\(?(45 CFR )?164\.\d{3}[^\s]*/g, '')
    .replace(/[,;:\s]+$/, '')
    .trim();

/** From the file inwards, each with the comments before it. */
function nodesAround(source: ts.SourceFile, position: number): ts.Node[] {
  const around: ts.Node[] = [source];
  for (;;) {
    const inner = ts.forEachChild(around.at(-1)!, (child) =>
      child.pos <= position && position < child.end ? child : undefined,
    );
    if (inner === undefined) return around;
    around.push(inner);
  }
}

const isWithinLiteral = (node: ts.Node | undefined, position: number, source: ts.SourceFile): boolean =>
  node !== undefined &&
  (ts.isLiteralExpression(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) &&
  position >= node.getStart(source);

/** The outermost declaration, and the member of a class. */
function declarationOf(around: readonly ts.Node[]): string {
  const named = around.flatMap((node) => {
    const declared = ts.isVariableStatement(node) ? node.declarationList.declarations[0] : node;
    const isDeclaration =
      declared !== undefined &&
      (ts.isVariableDeclaration(declared) ||
        ts.isClassDeclaration(declared) ||
        ts.isFunctionDeclaration(declared) ||
        ts.isInterfaceDeclaration(declared) ||
        ts.isTypeAliasDeclaration(declared) ||
        ts.isClassElement(declared));
    const name = isDeclaration ? declared.name : undefined;
    return name !== undefined && (ts.isIdentifier(name) || ts.isPrivateIdentifier(name)) ? [name.text] : [];
  });
  // A variable statement and its declaration are the same name twice.
  const [outer, member] = named.filter((name, index) => name !== named[index - 1]);
  if (outer === undefined) return 'the file';
  const isClass = around.some(ts.isClassDeclaration);
  return isClass && member !== undefined ? `${outer}.${member}` : outer;
}

/** The title of the innermost test, or of what groups tests. */
function titleOf(around: readonly ts.Node[], source: ts.SourceFile): string {
  const calls = around.filter(
    (node): node is ts.ExpressionStatement =>
      ts.isExpressionStatement(node) && /^(it|test|describe)\b/.test(node.expression.getText(source)),
  );
  const call = calls.at(-1)?.expression;
  const title = call !== undefined && ts.isCallExpression(call) ? call.arguments[0] : undefined;
  if (title === undefined) return 'the file';
  return ts.isStringLiteralLike(title) ? title.text : title.getText(source);
}
