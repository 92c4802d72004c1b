/*
 * The one place that touches Monaco: loaded on first use, with only the features a reader of YAML needs, its worker from
 * our own files (no CDN, so that a strict CSP and an air gap hold), painted with the product's tokens.
 */
import 'monaco-editor/features/codeEditor/register';
import 'monaco-editor/features/diffEditor/register';
import 'monaco-editor/features/bracketMatching/register';
import 'monaco-editor/features/clipboard/register';
import 'monaco-editor/features/codicon/register';
import 'monaco-editor/features/contextmenu/register';
import 'monaco-editor/features/find/register';
import 'monaco-editor/features/folding/register';
import 'monaco-editor/features/wordOperations/register';
import 'monaco-editor/features/linesOperations/register';
import 'monaco-editor/languages/definitions/yaml/register';
import * as monaco from 'monaco-editor/editor/editor.api';
import EditorWorker from 'monaco-editor/editor/editor.worker?worker';

self.MonacoEnvironment = { getWorker: () => new EditorWorker() };

/** Reads the tokens as they are painted now and gives them to Monaco under the name of the colour scheme. */
export function applyTheme(scheme: 'light' | 'dark'): void {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => sixDigits(style.getPropertyValue(`--ls-${name}`).trim());
  monaco.editor.defineTheme('lockstep', {
    base: scheme === 'dark' ? 'vs-dark' : 'vs',
    inherit: true,
    rules: [
      { token: 'type', foreground: (scheme === 'dark' ? '#aba4fa' : '#4037b4').slice(1) },
      { token: 'string', foreground: (scheme === 'dark' ? '#d5d7dc' : '#2e2d38').slice(1) },
      { token: 'number', foreground: (scheme === 'dark' ? '#6cb8ff' : '#0060b8').slice(1) },
      { token: 'keyword', foreground: (scheme === 'dark' ? '#6cb8ff' : '#0060b8').slice(1) },
      { token: 'comment', foreground: (scheme === 'dark' ? '#969ba6' : '#63636f').slice(1) },
    ],
    colors: {
      'editor.background': token('surface'),
      'editor.foreground': token('text'),
      'editorLineNumber.foreground': token('text-3'),
      'editorLineNumber.dimmedForeground': token('text-3'),
      'editorGutter.background': token('surface'),
      'editor.lineHighlightBackground': token('subtle'),
      'editor.selectionBackground': token('selected'),
      'editorIndentGuide.background1': token('border-soft'),
      'diffEditor.insertedLineBackground': token('ins-bg'),
      'diffEditor.removedLineBackground': token('del-bg'),
      'diffEditor.insertedTextBackground': token('ins-strong'),
      'diffEditor.removedTextBackground': token('del-strong'),
      'diffEditor.unchangedRegionBackground': token('sunken'),
      'diffEditor.unchangedRegionForeground': token('text-3'),
      'diffEditor.unchangedRegionShadow': '#00000000',
      'scrollbar.shadow': '#00000000',
      'editorOverviewRuler.border': '#00000000',
    },
  });
  monaco.editor.setTheme('lockstep');
}

/** Monaco takes `#ffffff` but not the `#fff` that a minifier makes of it. */
function sixDigits(colour: string): string {
  return /^#[0-9a-f]{3}$/i.test(colour) ? `#${[...colour.slice(1)].map((digit) => digit + digit).join('')}` : colour;
}

export const editorOptions = {
  fontFamily: 'var(--ls-mono)',
  fontSize: 12.5,
  lineHeight: 20,
  minimap: { enabled: false },
  scrollBeyondLastLine: false,
  renderLineHighlight: 'none',
  automaticLayout: true,
  folding: true,
  lineNumbersMinChars: 3,
  padding: { top: 10, bottom: 10 },
  overviewRulerLanes: 0,
  overviewRulerBorder: false,
  stickyScroll: { enabled: false },
  scrollbar: {
    verticalScrollbarSize: 10,
    horizontalScrollbarSize: 10,
    useShadows: false,
    alwaysConsumeMouseWheel: false,
  },
  // A reader that only wants to pass by must not be caught by the Tab key (WCAG 2.1.2).
  tabFocusMode: true,
} as const;

export { monaco };
