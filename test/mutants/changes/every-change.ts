import { parse } from '@babel/parser';
import type { Node } from '@babel/types';
import type { Change } from './change.js';
import {
  boldChains,
  droppedNegations,
  forcedConditions,
  movedBoundaries,
  swappedLogic,
  turnedLiterals,
} from './conditions.js';
import { droppedElements, earlyReturns, emptiedLoops, undoneMethods } from './lists.js';
import { droppedStatements } from './statements.js';
import { emptiedStrings, looserPatterns, otherArithmetic, otherNumbers } from './values.js';

const kinds = [
  forcedConditions,
  movedBoundaries,
  swappedLogic,
  droppedNegations,
  turnedLiterals,
  boldChains,
  droppedElements,
  emptiedLoops,
  undoneMethods,
  earlyReturns,
  droppedStatements,
  otherArithmetic,
  otherNumbers,
  emptiedStrings,
  looserPatterns,
];

/** All changes that a file of TypeScript invites, in the order of its text. */
export function everyChange(source: string): readonly Change[] {
  const { program } = parse(source, { sourceType: 'module', plugins: ['typescript'], attachComment: false });
  const changes: Change[] = [];
  const visit = (node: Node, parents: readonly Node[]): void => {
    if (isType(node) || isShown(node)) return;
    for (const kind of kinds) changes.push(...kind({ node, parents, source }));
    for (const child of childrenOf(node)) visit(child, [node, ...parents]);
  };
  visit(program, []);
  return changes;
}

/** Types are no part of what runs; an assertion of one holds an expression that is. */
function isType({ type }: Node): boolean {
  const holdsExpression = ['TSAsExpression', 'TSSatisfiesExpression', 'TSNonNullExpression'].includes(type);
  return type === 'ImportDeclaration' || type === 'TypeAnnotation' || (type.startsWith('TS') && !holdsExpression);
}

/** What a finding shows beside its code and its subject. */
const shown = new Set(['message', 'expected', 'expectedFrom', 'actual']);

/** Words for people: a sentence with values in it, a value that stands in a finding. */
function isShown(node: Node): boolean {
  if (node.type === 'TemplateLiteral') return node.quasis.some(({ value }) => value.raw.includes(' '));
  return node.type === 'ObjectProperty' && node.key.type === 'Identifier' && shown.has(node.key.name);
}

function childrenOf(node: Node): readonly Node[] {
  return Object.values(node)
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .filter(isNode);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value && 'end' in value;
}
