import type { CallExpression, Function as FunctionNode, Node } from '@babel/types';
import { type Change, type Changes, endOf, instead, startOf, textOf, within } from './change.js';

/** Each element dropped by itself; of a list with one element that empties it. */
export const droppedElements: Changes = (place) => {
  const { node, source } = place;
  if (node.type !== 'ArrayExpression') return [];
  return node.elements.flatMap((element, index) => {
    if (element === null) return [];
    const next = node.elements[index + 1];
    const to = next ? startOf(next) : endOf(node) - 1;
    // Brackets may stand around an element, which its place in the text leaves out.
    const isBare = (from: number, until: number) => /^[\s,]*$/.test(source.slice(from, until));
    return isBare(endOf(element), to) ? [within('element', place, startOf(element), to, '')] : [];
  });
};

/** A loop that runs over nothing. */
export const emptiedLoops: Changes = ({ node, parents: [parent] }) => {
  const isRunOver = parent?.type === 'ForOfStatement' && parent.right === node;
  return isRunOver ? [instead('list', node, '[]')] : [];
};

/** What a method of a list or a text may not have done. */
export const undoneMethods: Changes = ({ node, source }) => {
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return [];
  const { object, property } = node.callee;
  if (property.type !== 'Identifier' || node.callee.computed) return [];
  const from = textOf(source, object);
  switch (property.name) {
    case 'filter':
      return [instead('method', node, from), instead('list', node, '[]')];
    case 'map':
    case 'flatMap':
      return [instead('list', node, '[]')];
    case 'find':
      return [instead('method', node, 'undefined')];
    case 'slice':
    case 'sort':
    case 'toSorted':
    case 'reverse':
    case 'trim':
    case 'toLowerCase':
    case 'replace':
    case 'concat':
      return [instead('method', node, from)];
    case 'min':
    case 'max':
      return [otherExtreme(node, property.name, source)];
    default:
      return [];
  }
};

function otherExtreme(node: CallExpression, name: string, source: string): Change {
  const text = source.slice(startOf(node), endOf(node));
  return instead('method', node, text.replace(`.${name}(`, name === 'min' ? '.max(' : '.min('));
}

/** A function that says at once that it has found nothing. */
export const earlyReturns: Changes = ({ node, source }) => {
  if (!isFunction(node) || node.body.type !== 'BlockStatement' || !node.returnType) return [];
  const type = source.slice(startOf(node.returnType), endOf(node.returnType));
  const start = startOf(node.body) + 1;
  const at = (text: string): Change => ({ kind: 'return', start, end: start, text, form: 'insertion' });
  return [
    ...(/\[\]>?$/.test(type) ? [at('return [];')] : []),
    ...(/\| null>?$/.test(type) ? [at('return null;')] : []),
  ];
};

function isFunction(node: Node): node is FunctionNode & { readonly body: Node; readonly returnType?: Node | null } {
  return ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression', 'ObjectMethod'].includes(node.type);
}
