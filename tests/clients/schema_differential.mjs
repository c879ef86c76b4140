// Random schemas and documents, judged by our validator (schema_cli) and by ajv. A difference fails the test,
// unless a second validator sides with us: ajv 8 takes an object without a property of the empty name
// that is required, and forgets that what a failed branch of anyOf looked at stays unevaluated. Usage: schema_differential.mjs SCHEMA_CLI; TASKGATE_SCHEMAS says how
// many, TASKGATE_SEED which.
import { spawnSync } from 'node:child_process';
import { requirePackage, seededRandom, Skip } from './lib/test.mjs';

const program = process.argv[2];
const count = Number(process.env.TASKGATE_SCHEMAS ?? 4000);
process.env.TASKGATE_SEED ??= '2020';

let Ajv7;
let Ajv2020;
let Validator;
try {
  Ajv7 = requirePackage('ajv').default;
  Ajv2020 = requirePackage('ajv/dist/2020').default;
  ({ Validator } = requirePackage('@cfworker/json-schema'));
} catch (error) {
  if (!(error instanceof Skip)) throw error;
  console.log(`SKIPPED: ${error.message}`);
  process.exit(77);
}

const random = seededRandom();
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];
const chance = (p) => random() < p;
const many = (low, high, make) => Array.from({ length: low + below(high - low + 1) }, make);

const NAMES = ['a', 'b', 'c', 'ab', 'x-1', 'a/b', 'ä', ''];
const TEXTS = ['', 'a', 'ab', 'abc', 'äöü', '🐲', '12', 'A1', 'x y', 'a/b'];
const NUMBERS = [0, 1, -1, 2, 3, 7, 10, 0.5, -0.5, 1.5, 2.25, 1e3, 1e15, 9007199254740991, -3];
const PATTERNS = ['^a', 'b$', '^[a-z]*$', '^\\w+$', '\\d', '^.{2}$', 'ä', '^x-', '^(a|b)+$', '\\s', '^\\p{Lu}'];
const TYPES = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'];

function scalar() {
  return pick([() => null, () => chance(0.5), () => pick(NUMBERS), () => pick(NUMBERS), () => pick(TEXTS)])();
}

function document(depth) {
  const kind = depth > 0 ? below(5) : 4;
  if (kind < 2) return Object.fromEntries(many(0, 4, () => [pick(NAMES), document(depth - 1)]));
  if (kind === 2 || kind === 3) return many(0, 4, () => document(depth - 1));
  return scalar();
}

// ajv's copy of the draft-7 metaschema forbids doubles in an enum; the published one does not.
const canonical = (value) => (value === null || typeof value !== 'object' ? JSON.stringify(value)
  : Array.isArray(value) ? `[${value.map(canonical)}]`
    : `{${Object.keys(value).sort().map((k) => JSON.stringify(k) + canonical(value[k]))}}`);
const distinct = (values) => [...new Map(values.map((v) => [canonical(v), v])).values()];

const names = () => [...new Set(many(0, 3, () => pick(NAMES)))];
const schemas = (depth) => many(1, 3, () => schema(depth - 1));
const mapOf = (keys, depth) => Object.fromEntries(many(0, 3, () => [pick(keys), schema(depth - 1)]));

// Keyword → its random value. `draft` is set for the whole schema.
let draft = 2020;
const KEYWORDS = {
  type: () => (chance(0.7) ? pick(TYPES) : [...new Set(many(1, 3, () => pick(TYPES)))]),
  enum: () => distinct(many(1, 12, () => document(1))),
  const: () => document(1),
  minimum: () => pick(NUMBERS),
  maximum: () => pick(NUMBERS),
  exclusiveMinimum: () => pick(NUMBERS),
  exclusiveMaximum: () => pick(NUMBERS),
  multipleOf: () => pick([1, 2, 3, 0.5, 0.25]),
  minLength: () => below(4),
  maxLength: () => below(4),
  pattern: () => pick(PATTERNS),
  minItems: () => below(3),
  maxItems: () => below(5),
  uniqueItems: () => chance(0.7),
  minProperties: () => below(3),
  maxProperties: () => below(5),
  required: () => names(),
  properties: (d) => mapOf(NAMES, d),
  patternProperties: (d) => mapOf(PATTERNS, d),
  additionalProperties: (d) => schema(d - 1),
  propertyNames: (d) => schema(d - 1),
  contains: (d) => schema(d - 1),
  items: (d) => (draft === 7 && chance(0.4) ? schemas(d) : schema(d - 1)),
  additionalItems: (d) => schema(d - 1),
  prefixItems: (d) => schemas(d),
  minContains: () => below(3),
  maxContains: () => 1 + below(3),
  dependentRequired: () => Object.fromEntries(many(0, 2, () => [pick(NAMES), names()])),
  dependentSchemas: (d) => mapOf(NAMES, d),
  dependencies: (d) => Object.fromEntries(many(0, 2, () => [pick(NAMES), chance(0.5) ? names() : schema(d - 1)])),
  allOf: (d) => schemas(d),
  anyOf: (d) => schemas(d),
  oneOf: (d) => schemas(d),
  not: (d) => schema(d - 1),
  if: (d) => schema(d - 1),
  then: (d) => schema(d - 1),
  else: (d) => schema(d - 1),
  unevaluatedProperties: (d) => (chance(0.6) ? false : schema(d - 1)),
  unevaluatedItems: (d) => (chance(0.6) ? false : schema(d - 1)),
};
const NOT_IN_2020 = new Set(['additionalItems', 'dependencies']);
const NOT_IN_7 = new Set(['prefixItems', 'minContains', 'maxContains', 'dependentRequired', 'dependentSchemas',
  'unevaluatedProperties', 'unevaluatedItems']);
const DEEP = new Set(Object.keys(KEYWORDS).filter((k) => KEYWORDS[k].length > 0));

function schema(depth) {
  if (chance(0.08)) return chance(0.7);
  if (chance(0.12)) return { $ref: pick(['#/$defs/one', '#/$defs/two']) };
  const out = {};
  for (const keyword of many(1, 4, () => pick(Object.keys(KEYWORDS)))) {
    if ((draft === 7 ? NOT_IN_7 : NOT_IN_2020).has(keyword)) continue;
    if (depth <= 0 && DEEP.has(keyword)) continue;
    out[keyword] = KEYWORDS[keyword](depth);
  }
  return out;
}

function rootSchema() {
  const root = schema(3);
  if (typeof root === 'boolean') return root;
  // References only go to what refers no further, so that none of them is a cycle.
  const leaf = () => {
    const made = JSON.parse(JSON.stringify(schema(1)));
    const strip = (at) => {
      if (at === null || typeof at !== 'object') return at;
      delete at.$ref;
      Object.values(at).forEach(strip);
      return at;
    };
    return strip(made);
  };
  return { ...root, $defs: { one: leaf(), two: leaf() } };
}

/** Whether a second validator, of another author, sides with us against ajv. */
function isAjvAlone(question, doc, verdict) {
  const second = new Validator(question.schema, question.draft === 7 ? '7' : '2020-12', true);
  return (second.validate(doc).valid ? 'valid' : 'invalid') === verdict;
}

function judgedByAjv(question) {
  const ajv = new (question.draft === 7 ? Ajv7 : Ajv2020)({ strict: false, validateFormats: false, logger: false });
  let validate;
  try {
    validate = ajv.compile(question.schema);
  } catch (error) {
    return { error: error.message };
  }
  const verdict = (doc) => {
    try {
      return validate(doc) ? 'valid' : 'invalid';
    } catch {
      return 'crashed';  // ajv 8.20 with some unevaluatedProperties beside dependentSchemas
    }
  };
  return { verdicts: question.documents.map(verdict) };
}

const questions = [];
for (let i = 0; i < count; ++i) {
  draft = chance(0.35) ? 7 : 2020;
  questions.push({ draft, schema: rootSchema(), documents: many(8, 8, () => document(3)) });
}
const run = spawnSync(program, {
  input: questions.map((q) => JSON.stringify(q)).join('\n') + '\n',
  maxBuffer: 1 << 28,
  encoding: 'utf8',
});
if (run.status !== 0) throw new Error(`${program} ended with ${run.status ?? run.signal}: ${run.stderr}`);
const answers = run.stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
if (answers.length !== questions.length) throw new Error(`${answers.length} answers to ${questions.length} questions`);

let compared = 0;
let valid = 0;
let ajvAlone = 0;
let unexplained = 0;
function differ(question, what) {
  ++unexplained;
  if (unexplained <= 10) console.error(`draft ${question.draft}: ${JSON.stringify(question.schema)}\n  ${what}`);
}
questions.forEach((question, i) => {
  const ours = answers[i];
  const theirs = judgedByAjv(question);
  if (ours.error !== undefined || theirs.error !== undefined) {
    if ((ours.error === undefined) !== (theirs.error === undefined))
      differ(question, `ours: ${ours.error ?? 'taken'}; ajv: ${theirs.error ?? 'taken'}`);
    return;
  }
  question.documents.forEach((doc, n) => {
    ++compared;
    if (theirs.verdicts[n] === 'valid') ++valid;
    if (ours.verdicts[n] === theirs.verdicts[n]) return;
    if (isAjvAlone(question, doc, ours.verdicts[n])) ++ajvAlone;
    else differ(question, `${JSON.stringify(doc)}: ours ${ours.verdicts[n]}, ajv ${theirs.verdicts[n]}`);
  });
});

console.log(`${questions.length} schemas, ${compared} verdicts (${valid} valid), ${unexplained} unexplained ` +
  `differences; in ${ajvAlone} ajv stands alone against us and @cfworker/json-schema`);
if (compared < questions.length * 4 || valid < compared / 20) throw new Error('the generator has gone astray');
process.exit(unexplained === 0 ? 0 : 1);
