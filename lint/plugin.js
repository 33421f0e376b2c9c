import { dirname, posix, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LAYERS } from './layers.js';

const SRC = resolve(dirname(fileURLToPath(import.meta.url)), '../src');

/** The folder of src/ that a file lies in, and for contracts the contract: `users`, `contracts/basic`; '' for src/ itself. */
function placeOf(file) {
  const [folder = '', contract = ''] = relative(SRC, file).split(/[\\/]/).slice(0, -1);
  return folder === 'contracts' && contract ? `contracts/${contract}` : folder;
}

function refusal(from, to) {
  const [folder] = from.split('/');
  const [target] = to.split('/');
  if (folder === target) {
    return to === from || !to.includes('/') || !from.includes('/')
      ? undefined
      : `${from} must not import ${to}: contracts know nothing of each other, what two of them need lies in contract-kit or below.`;
  }
  return LAYERS[folder]?.includes(target || 'src')
    ? undefined
    : `${folder} must not import ${target || 'the top level of src'}: imports run downward only (docs/architecture.md).`;
}

const layers = {
  create(context) {
    const from = placeOf(context.filename);
    if (from === '' || from.startsWith('..')) return {};
    const check = (node) => {
      const specifier = node.source?.value;
      if (typeof specifier !== 'string' || !specifier.startsWith('.')) return;
      const message = refusal(from, placeOf(posix.join(dirname(context.filename), specifier)));
      if (message) context.report({ node, message });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};

const TRANSACTIONAL = new Map([
  ['save', 'save() opens a transaction, and on SQLite two at once mix their rows: say insert() or update().'],
  ['remove', 'Repository.remove() opens a transaction, and on SQLite two at once mix their rows: say delete().'],
  [
    'transaction',
    'No transactions on request paths: an act is one statement, or several that are safe to stop between.',
  ],
  [
    'startTransaction',
    'No transactions on request paths: an act is one statement, or several that are safe to stop between.',
  ],
]);

/** `remove` is a common word; only repositories and entity managers are meant. */
const STORES = /repository|manager|^(users|rows|costs|keys|sessions)$/i;

const singleStatements = {
  create(context) {
    return {
      CallExpression(node) {
        const { callee } = node;
        if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return;
        const message = TRANSACTIONAL.get(callee.property.name);
        if (!message) return;
        const receiver = callee.object.property?.name ?? callee.object.name ?? '';
        if (callee.property.name === 'remove' && !STORES.test(receiver)) return;
        context.report({ node, message });
      },
    };
  },
};

const bareSentence = /^\s*(oxlint|eslint)-disable(?:-next-line|-line)?\s+[\w/@-]+(?:\s*,\s*[\w/@-]+)*\s*$/;

const explainedSuppressions = {
  create(context) {
    return {
      Program() {
        for (const comment of context.sourceCode.getAllComments()) {
          if (bareSentence.test(comment.value)) {
            context.report({
              node: comment,
              message: 'A suppression carries its reason: `oxlint-disable-next-line rule -- why`.',
            });
          }
        }
      },
    };
  },
};

/** The project's own rules. */
export default {
  meta: { name: 'latchkey' },
  rules: { layers, 'single-statements': singleStatements, 'explained-suppressions': explainedSuppressions },
};
