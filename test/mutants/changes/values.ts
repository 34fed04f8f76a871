import type { Node } from '@babel/types';
import { type Changes, instead, startOf, within } from './change.js';

const operators: Readonly<Record<string, string>> = {
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '**': '*',
  '<<': '>>',
  '>>': '<<',
  '>>>': '<<',
  '&': '|',
  '|': '&',
  '+=': '-=',
  '-=': '+=',
};

export const otherArithmetic: Changes = (place) => {
  const { node, source, parents } = place;
  if (node.type !== 'BinaryExpression' && node.type !== 'AssignmentExpression') return [];
  const other = operators[node.operator];
  // A loop that counts backwards does not end.
  if (other === undefined || isText(node) || parents[0]?.type === 'ForStatement') return [];
  const at = source.indexOf(node.operator, node.left.end as number);
  return [within('arithmetic', place, at, at + node.operator.length, other)];
};

function isText(node: Node): boolean {
  if (node.type === 'BinaryExpression') return isText(node.left) || isText(node.right);
  if (node.type === 'AssignmentExpression') return isText(node.right);
  return node.type === 'StringLiteral' || node.type === 'TemplateLiteral';
}

export const otherNumbers: Changes = ({ node, parents: [parent] }) => {
  if (parent?.type === 'ObjectProperty' && parent.key === node) return [];
  if (node.type === 'NumericLiteral') {
    const { value } = node;
    return [value + 1, ...(value > 0 ? [value - 1] : [])].map((other) => instead('number', node, String(other)));
  }
  if (node.type !== 'BigIntLiteral') return [];
  const value = BigInt(node.value);
  return [value + 1n, ...(value > 0n ? [value - 1n] : [])].map((other) => instead('number', node, `${other}n`));
};

/** A word that decides anything; a sentence is a message. */
export const emptiedStrings: Changes = ({ node, parents: [parent] }) => {
  if (node.type !== 'StringLiteral' || node.value === '' || node.value.includes(' ')) return [];
  if (parent?.type === 'ObjectProperty' && parent.key === node) return [];
  return /^(Import|Export)/.test(parent?.type ?? '') ? [] : [instead('string', node, `''`)];
};

/** A pattern that also fits a part of a text, and one whose repetition may be none. */
export const looserPatterns: Changes = (place) => {
  const { node } = place;
  if (node.type !== 'RegExpLiteral') return [];
  const { pattern } = node;
  const from = startOf(node) + 1;
  const without = (at: number, text = '') => within('pattern', place, from + at, from + at + 1, text);
  return [
    ...(pattern.startsWith('^') ? [without(0)] : []),
    ...(pattern.endsWith('$') ? [without(pattern.length - 1)] : []),
    ...[...pattern.matchAll(/(?<=[\])\w.])\+/g)].map(({ index }) => without(index, '*')),
  ];
};
