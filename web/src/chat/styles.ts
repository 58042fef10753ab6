import { css } from 'lit'

/**
 * The design tokens. A site that embeds the chat may set the --town-hall-* properties and
 * `color-scheme`; the town's own accents come from its configuration.
 */
export const tokens = css`
  :host {
    color-scheme: light dark;
    --accent: var(
      --town-hall-accent,
      light-dark(var(--configured-accent, #0b5c5e), var(--configured-accent-dark, #7fd1cb))
    );
    --on-accent: var(--town-hall-on-accent, light-dark(#ffffff, #0c2223));
    --paper: var(--town-hall-background, light-dark(#f8f5ef, #12181a));
    --surface: var(--town-hall-surface, light-dark(#fffefb, #1a2225));
    --ink: var(--town-hall-text, light-dark(#1d272b, #ece9e2));
    --ink-soft: light-dark(#546067, #a8b3b5);
    --line: light-dark(#e0d9cc, #313c40);
    --line-strong: light-dark(#857f74, #7d898c);
    --accent-soft: color-mix(in oklab, var(--accent) 10%, var(--surface));
    --accent-line: color-mix(in oklab, var(--accent) 30%, var(--surface));
    --bubble: light-dark(var(--accent), color-mix(in oklab, var(--accent) 26%, var(--surface)));
    --on-bubble: light-dark(var(--on-accent), var(--ink));
    --alarm: light-dark(#a81c17, #9c1d18);
    --on-alarm: #ffffff;
    --warn: light-dark(#fdf0d4, #3a2f17);
    --warn-line: light-dark(#a9740f, #d9a94a);
    --good: light-dark(#1c6a3d, #84d3a3);
    --shadow: 0 1px 2px light-dark(#3b2f1a14, #0006), 0 6px 20px light-dark(#3b2f1a12, #0004);
    --radius: var(--town-hall-radius, 14px);
    --serif: 'Iowan Old Style', 'Palatino Linotype', Palatino, 'Noto Serif', Georgia, serif;
    --sans: var(
      --town-hall-font,
      system-ui,
      -apple-system,
      'Segoe UI',
      Roboto,
      'Noto Sans',
      'Hiragino Sans',
      'Noto Sans CJK JP',
      sans-serif
    );
    --mono: ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, 'DejaVu Sans Mono', monospace;
  }
`

/** What every component of the chat has in common. */
export const basics = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }

  h1,
  h2,
  h3,
  p,
  ul,
  ol,
  dl,
  dd {
    margin: 0;
    padding: 0;
  }

  ul,
  ol {
    list-style: none;
  }

  a {
    color: var(--accent);
    text-underline-offset: 0.18em;
    text-decoration-thickness: 0.08em;
  }

  .icon {
    flex: none;
    inline-size: 1.25em;
    block-size: 1.25em;
  }

  button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.5em;
    min-block-size: 2.75rem;
    padding: 0.5rem 1rem;
    border: 1px solid transparent;
    border-radius: calc(var(--radius) - 4px);
    background: none;
    color: inherit;
    font: inherit;
    font-weight: 550;
    line-height: 1.3;
    cursor: pointer;
    touch-action: manipulation;
  }

  button.primary {
    background: var(--accent);
    color: var(--on-accent);
  }

  button.primary:hover {
    background: color-mix(in oklab, var(--accent) 88%, var(--ink));
  }

  button.plain {
    border-color: var(--line-strong);
    background: var(--surface);
  }

  button.plain:hover,
  button.quiet:hover {
    background: var(--accent-soft);
  }

  button.quiet {
    color: var(--accent);
  }

  button.round {
    padding: 0;
    inline-size: 2.75rem;
    border-radius: 50%;
  }

  button:disabled {
    cursor: default;
    opacity: 0.55;
  }

  :focus-visible {
    outline: 3px solid var(--accent);
    outline-offset: 2px;
    border-radius: 6px;
  }

  .visually-hidden {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
      scroll-behavior: auto !important;
    }
  }
`
