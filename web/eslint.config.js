import js from '@eslint/js'
import lit from 'eslint-plugin-lit'
import tseslint from 'typescript-eslint'

export default tseslint.config(
  { ignores: ['node_modules', 'src/desk/api.ts'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  lit.configs['flat/recommended'],
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      complexity: ['error', { max: 10, variant: 'modified' }],
      'max-lines': ['error', 300],
      'max-lines-per-function': ['error', 60],
      // Text of people and models reaches the page as nodes, never as markup.
      'no-restricted-properties': [
        'error',
        { property: 'innerHTML', message: 'Render nodes instead.' },
        { property: 'outerHTML', message: 'Render nodes instead.' },
        { property: 'insertAdjacentHTML', message: 'Render nodes instead.' },
      ],
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'lit/directives/unsafe-html.js', message: 'Render nodes instead.' }] },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    files: ['*.js'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { projectService: false } },
  },
)
