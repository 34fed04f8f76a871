import type { Node } from '@babel/types';

/** One way to make a piece of source text wrong. */
export interface Change {
  readonly kind: string;
  /** What it replaces: from and to in the source text. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** An expression in the place of one, statements in the place of one, or statements where nothing stands. */
  readonly form: 'expression' | 'statement' | 'insertion';
}

/** A node with what stands around it, the innermost first. */
export interface Place {
  readonly node: Node;
  readonly parents: readonly Node[];
  readonly source: string;
}

/** The changes of one kind that a node invites. */
export type Changes = (place: Place) => readonly Change[];

/** The parser gives both for every node; its types allow for trees that were made by hand. */
export function startOf(node: Node): number {
  return node.start as number;
}

export function endOf(node: Node): number {
  return node.end as number;
}

/** In brackets: whatever stands around it, it stays one expression. */
export function textOf(source: string, node: Node): string {
  return `(${source.slice(startOf(node), endOf(node))})`;
}

export function instead(kind: string, node: Node, text: string): Change {
  return { kind, start: startOf(node), end: endOf(node), text, form: 'expression' };
}

/** The node with one piece of it replaced. */
export function within(kind: string, { node, source }: Place, from: number, to: number, text: string): Change {
  return instead(kind, node, source.slice(startOf(node), from) + text + source.slice(to, endOf(node)));
}
