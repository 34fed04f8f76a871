import { type Change, type Changes, endOf, startOf } from './change.js';

/** A step that is left out, an error that is not thrown, a wait that is not made. */
export const droppedStatements: Changes = ({ node, parents, source }) => {
  const change = (kind: string, text: string): Change => {
    return { kind, start: startOf(node), end: endOf(node), text, form: 'statement' };
  };
  if (node.type === 'ThrowStatement' || node.type === 'ContinueStatement') return [change('statement', '')];
  if (node.type !== 'ExpressionStatement') return [];
  // What counts a loop forward keeps it from ending.
  const { expression } = node;
  const isCounting =
    expression.type === 'AssignmentExpression' && parents.some(({ type }) => /^(While|For)St/.test(type));
  if (isCounting && /^[+-]=$/.test(expression.operator)) return [];
  const dropped = change('statement', '');
  if (expression.type !== 'AwaitExpression') return [dropped];
  const { argument } = expression;
  return [dropped, change('await', `${source.slice(startOf(argument), endOf(argument))};`)];
};
