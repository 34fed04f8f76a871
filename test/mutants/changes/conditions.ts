import type { Node } from '@babel/types';
import { type Change, type Changes, instead, type Place, startOf, textOf, within } from './change.js';

const comparisons = new Set(['===', '!==', '==', '!=', '<', '<=', '>', '>=', 'in', 'instanceof']);
const boundaries: Readonly<Record<string, string>> = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' };

/** Calls whose answer is yes or no. */
const questions =
  /^(has|includes|test|startsWith|endsWith|some|every|equals|isArray|(is|has|are|can|was|leaves)[A-Z].*)$/;

/** What decides anything: forced to true and to false. */
export const forcedConditions: Changes = (place) => {
  const { node } = place;
  if (node.type === 'BooleanLiteral' || (!isTested(place) && !isQuestion(node))) return [];
  // The operands of `&&` and `||` are forced one by one, and what `!` turns is forced with it.
  if (node.type === 'LogicalExpression' && node.operator !== '??') return [];
  const parent = place.parents[0];
  if (parent?.type === 'UnaryExpression' && parent.operator === '!') return [];
  return answersOf(place).map((answer) => instead('condition', node, answer));
};

/** What is forced of the right operand is the same as of the left one where it decides the whole; a loop would not end. */
function answersOf({ node, parents: [parent] }: Place): readonly string[] {
  if (parent?.type === 'LogicalExpression' && parent.right === node) {
    if (parent.operator === '&&') return ['true'];
    if (parent.operator === '||') return ['false'];
  }
  const isLoop = parent?.type === 'WhileStatement' || parent?.type === 'ForStatement';
  return isLoop ? ['false'] : ['true', 'false'];
}

/** Whether only the truth of it counts. */
function isTested({ node, parents }: Place): boolean {
  const [parent, ...further] = parents;
  if (parent === undefined) return false;
  if (parent.type === 'UnaryExpression') return parent.operator === '!';
  if (parent.type === 'LogicalExpression' && parent.operator !== '??') {
    return isTested({ node: parent, parents: further, source: '' });
  }
  return 'test' in parent && parent.test === node && parent.type !== 'SwitchCase';
}

function isQuestion(node: Node): boolean {
  if (node.type === 'BinaryExpression') return comparisons.has(node.operator);
  if (node.type === 'UnaryExpression') return node.operator === '!';
  if (node.type === 'AwaitExpression') return isQuestion(node.argument);
  if (node.type !== 'CallExpression') return false;
  const { callee } = node;
  const name = callee.type === 'MemberExpression' ? callee.property : callee;
  return name.type === 'Identifier' && questions.test(name.name);
}

/** `<` and `<=`: the value on the boundary changes sides. */
export const movedBoundaries: Changes = (place) => {
  const { node, source } = place;
  if (node.type !== 'BinaryExpression') return [];
  const other = boundaries[node.operator];
  if (other === undefined) return [];
  const at = source.indexOf(node.operator, node.left.end as number);
  return [within('boundary', place, at, at + node.operator.length, other)];
};

export const swappedLogic: Changes = ({ node, source }) => {
  if (node.type !== 'LogicalExpression') return [];
  const [left, right] = [textOf(source, node.left), textOf(source, node.right)];
  if (node.operator === '&&') return [instead('logic', node, `${left} || ${right}`)];
  if (node.operator === '||') return [instead('logic', node, `${left} && ${right}`)];
  return [instead('default', node, left), instead('default', node, right)];
};

export const droppedNegations: Changes = ({ node, source }) => {
  if (node.type !== 'UnaryExpression' || node.operator !== '!') return [];
  return [instead('negation', node, textOf(source, node.argument))];
};

export const turnedLiterals: Changes = ({ node }) => {
  return node.type === 'BooleanLiteral' ? [instead('literal', node, String(!node.value))] : [];
};

/** `a?.b` as `a.b`. The whole chain is replaced, since its parts are no expressions of their own. */
export const boldChains: Changes = ({ node, parents, source }): readonly Change[] => {
  if (node.type !== 'OptionalMemberExpression' && node.type !== 'OptionalCallExpression') return [];
  if (!node.optional) return [];
  let top: Node = node;
  for (const parent of parents) {
    const isChain = parent.type === 'OptionalMemberExpression' || parent.type === 'OptionalCallExpression';
    const link = !isChain ? null : parent.type === 'OptionalMemberExpression' ? parent.object : parent.callee;
    if (link !== top) break;
    top = parent;
  }
  const head = node.type === 'OptionalMemberExpression' ? node.object : node.callee;
  const at = source.indexOf('?.', head.end as number);
  const isNamed = node.type === 'OptionalMemberExpression' && !node.computed;
  const text = source.slice(startOf(top), at) + (isNamed ? '.' : '') + source.slice(at + 2, top.end as number);
  return [instead('chain', top, text)];
};
