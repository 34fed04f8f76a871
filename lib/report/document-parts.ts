import * as v from 'valibot';
import { findingCodes } from '../finding/catalogue.js';

/** A document is data: nobody changes it once it is made. */
export type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;

export const text = v.string();
export const orNull = <T extends v.GenericSchema>(schema: T) => v.nullable(schema);
export const count = v.pipe(v.number(), v.integer(), v.minValue(0));
export const digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/));

export const verdictSchema = v.picklist(['allow', 'deny', 'unverified']);
export type Verdict = Frozen<v.InferOutput<typeof verdictSchema>>;

export const findingSchema = v.strictObject({
  code: v.picklist(findingCodes),
  severity: v.picklist(['error', 'unverified', 'warning', 'info']),
  message: text,
  subject: orNull(text),
  expected: orNull(text),
  expectedFrom: orNull(text),
  actual: orNull(text),
  remedy: orNull(text),
  remedyArgv: orNull(v.array(text)),
});

export const basisSchema = v.picklist(['name', 'pull', 'proved', 'operator']);

/** Past this machine's page cache, or through it. */
export const readFromSchema = v.picklist(['disk', 'cache']);
