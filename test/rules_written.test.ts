// The generator of lib/rules: what it writes is current, what it cannot read is an error that names file and line.

import { expect, test } from 'vitest';
import { parse } from '../scripts/rules/parse.js';
import { printRules } from '../scripts/rules/print.js';
import { resolve } from '../scripts/rules/resolve.js';
import { tokenize } from '../scripts/rules/tokens.js';
import { outdatedRules } from '../scripts/rules.js';

/** A header whose structs are `items`, which start at line 5. */
const header = (items: string) => `// Head.\n#pragma once\n\nnamespace lockstep { namespace {\n${items}\n} }\n`;

/** A rule with coefficient lr and state m, whose update has this body; the body starts at line 9. */
const withBody = (body: string) =>
  header(`struct Probe {
  LOCKSTEP_COEFFICIENTS(lr)
  LOCKSTEP_STATE(average)
  template <class V> static void update(const V* c, V& param, V grad, V* state) {
${body}
  }
};`);

function written(source: string): string {
  const file = parse(tokenize('src/rules/probe.h', source));
  return printRules(file.file, file.head, resolve(file, [file]));
}

/** The lines of the first loop over float32, without what is the same in every rule. */
function loopOf(source: string): readonly string[] {
  const body = /f32\(.*?for [^{]*\{\n(.*?)\n\}/s.exec(written(source))?.[1] ?? '';
  return body.split('\n');
}

test('lib/rules is what src/rules says: npm run rules', () => {
  expect(outdatedRules()).toEqual([]);
});

test('each operation is rounded once, in the order in which it is written', () => {
  expect(loopOf(withBody('param = param - c[lr] * grad / (sqrt(grad) - (grad - param));'))).toEqual([
    'let param = params[i];',
    'const grad = grads[i];',
    'param = fround(param - fround(fround(lr * grad) / fround(fround(sqrt(grad)) - fround(grad - param))));',
    'params[i] = param;',
  ]);
});

test('what picks one of its arguments is not rounded', () => {
  const text = 'param = ifGreater(abs(grad), constant<V>(0.5), max(param, grad), clamp(sign(grad), c[lr]));';
  expect(loopOf(withBody(text))).toContain('param = (abs(grad) > 0.5 ? max(param, grad) : clamp(sign(grad), lr));');
});

test('an alias names the local of its array, which is loaded late and stored after its last assignment', () => {
  expect(loopOf(withBody('V& m = state[average]; m = m + grad; param = param - m; m = grad;'))).toEqual([
    'const grad = grads[i];',
    'let m = average[i];',
    'm = fround(m + grad);',
    'let param = params[i];',
    'param = fround(param - m);',
    'params[i] = param;',
    'm = grad;',
    'average[i] = m;',
  ]);
});

test('a flag chooses one of two branches, and each alias is a rule of its own', () => {
  const text = header(`template <bool big>
struct ProbeOf {
  LOCKSTEP_COEFFICIENTS(lr)
  LOCKSTEP_NO_STATE
  template <class V> static void update(const V* c, V& param, V grad, V*) {
    if constexpr (big) { param = param + c[lr]; } else param = param - grad;
  }
};
using Big = ProbeOf<true>;
using Small = ProbeOf<false>;`);
  const [big, small] = written(text).split('export const Small');
  expect(big).toContain('param = fround(param + lr);');
  expect(big).not.toContain('grads[i]');
  expect(small).toContain('param = fround(param - grad);');
});

test('a helper and the rule that another is made of are inlined', () => {
  const text = header(`struct Inner {
  LOCKSTEP_COEFFICIENTS(lr)
  LOCKSTEP_NO_STATE
  template <class V> static void update(const V* c, V& param, V grad, V*) { param = param - c[lr] * grad; }
};
template <class Rule>
struct Halved {
  LOCKSTEP_COEFFICIENTS_AFTER(Rule, half)
  LOCKSTEP_STATE_OF(Rule)
  template <class V> static void update(const V* c, V& param, V grad, V* state) {
    param = param + c[half] * changeOf(c, grad, state);
  }
 private:
  template <class V> static V changeOf(const V* c, V grad, V* state) {
    V change = constant<V>(0);
    Rule::update(c, change, grad, state);
    return change;
  }
};
using HalvedInner = Halved<Inner>;`);
  const halved = written(text).split('export const HalvedInner')[1];
  expect(halved).toContain("indexes('lr', 'half')");
  expect(halved).toContain('change = fround(change - fround(lr * grad));');
  expect(halved).toContain('param = fround(param + fround(half * change));');
});

test('a measured array that stands as it was is copied at once', () => {
  const text = header(`struct Probe {
  LOCKSTEP_NO_COEFFICIENTS
  LOCKSTEP_NO_STATE
  LOCKSTEP_MEASURES(norm, twice)
  template <class V> static void update(const V*, V&, V, V*) {}
  template <class V> static void measure(const V*, V param, V grad, V*, V* values) {
    values[norm] = param;
    values[twice] = grad + grad;
  }
};`);
  expect(written(text)).toContain('copyInto(norm, params);');
  expect(written(text)).toContain('twice[i] = fround(grad + grad);');
});

test.each([
  ['a loop', withBody('for (int k = 0; k < 2; ++k) param = grad;'), 9, 'expected =, found ('],
  ['a number outside constant<V>', withBody('param = 2 * grad;'), 9, 'expected a name, a call or a parenthesis'],
  ['a constant that is no float32', withBody('\nparam = constant<V>(0.1);'), 10, 'the constant 0.1 is no float32'],
  ['an unknown coefficient', withBody('param = c[rate];'), 9, 'rate is no coefficient of Probe'],
  ['an unknown state array', withBody('V& m = state[velocity];'), 9, 'velocity is no state array here'],
  ['an unknown name', withBody('\n\nparam = gradient;'), 11, 'gradient is no local'],
  ['a name of two things', withBody('const V lr = grad; param = lr;'), 9, 'lr is the name of something else'],
  ['a function that rules may not use', withBody('param = exp(grad);'), 9, 'Probe has no function exp'],
  ['too few arguments', withBody('param = max(grad);'), 9, 'max takes 2 arguments, found 1'],
  ['an unknown flag', withBody('if constexpr (fast) param = grad;'), 9, 'fast is no flag of Probe'],
  ['what is not measured', withBody('values[norm] = grad;'), 9, 'norm is not in LOCKSTEP_MEASURES'],
  ['a struct without coefficients', header('struct Probe {\n};'), 6, 'expected LOCKSTEP_COEFFICIENTS of Probe'],
  ['a template that is nowhere', header('\nusing A = B<true>;'), 6, 'there is no struct B in any header'],
  ['a character of another language', withBody('param = grad ^ grad;'), 9, '"^" has no place in a rule'],
  ['an unfinished file', 'namespace lockstep { namespace {\n', 2, 'expected struct, found the end of the file'],
])('%s is an error with its line', (_, source, line, message) => {
  expect(() => written(source)).toThrow(`src/rules/probe.h:${line}: ${message}`);
});
